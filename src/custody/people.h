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
  // Both are asked: the plan's knowledge cannot be taken away by another salvor.yaml, and today's
  // adds to it.
  People(const std::vector<model::Person>& plan, const std::vector<model::Person>& today)
      : plan_(plan), today_(today) {}

  // The plan's answer, else today's.
  [[nodiscard]] std::optional<std::string> PersonOf(const model::Identity& identity) const;
  [[nodiscard]] Likeness Compare(const model::Identity& a, const model::Identity& b) const;
  // Of everybody whom one key may speak for.
  [[nodiscard]] Likeness Compare(const std::vector<model::Identity>& a,
                                 const std::vector<model::Identity>& b) const;

 private:
  const std::vector<model::Person>& plan_;
  const std::vector<model::Person>& today_;
};

}  // namespace salvor::custody
