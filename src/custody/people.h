// Whether two names are one person, as far as plan and salvor.yaml know.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/review.h"

namespace salvor::custody {

enum class Likeness { kSame, kDifferent, kUnknown };

class People {
 public:
  // That two names are one person, either may say. That they are two, today's salvor.yaml may say
  // alone only if `today_counts`: else another salvor.yaml could tell apart what the plan, which
  // was made under a policy, did not.
  People(const std::vector<model::Person>& plan, const std::vector<model::Person>& today,
         bool today_counts)
      : plan_(plan), today_(today), today_counts_(today_counts) {}

  // The plan's answer, else today's.
  [[nodiscard]] std::optional<std::string> PersonOf(const model::Identity& identity) const;
  [[nodiscard]] Likeness Compare(const model::Identity& a, const model::Identity& b) const;
  // Of everybody whom one key may speak for.
  [[nodiscard]] Likeness Compare(const std::vector<model::Identity>& a,
                                 const std::vector<model::Identity>& b) const;

 private:
  const std::vector<model::Person>& plan_;
  const std::vector<model::Person>& today_;
  bool today_counts_;
};

}  // namespace salvor::custody
