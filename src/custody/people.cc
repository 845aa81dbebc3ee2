#include "custody/people.h"

namespace salvor::custody {

using model::Identity;
using model::Person;

namespace {

bool IsUser(const Identity& identity) { return identity.kind == model::IdentityKind::kOsUser; }

}  // namespace

std::optional<std::string> People::PersonOf(const Identity& identity) const {
  auto person = model::PersonOf(plan_, identity);
  return person ? person : model::PersonOf(today_, identity);
}

Likeness People::Compare(const Identity& a, const Identity& b) const {
  // A person of that one name settles spelling, too: the same address in other letters is the same.
  const Person itself{"", {a.name}, {}, {a.name}};
  const bool comparable = IsUser(a) == IsUser(b);
  if (comparable && model::PersonOf({itself}, b)) return Likeness::kSame;
  for (const auto* people : {&plan_, &today_}) {
    const auto first = model::PersonOf(*people, a);
    if (first && first == model::PersonOf(*people, b)) return Likeness::kSame;
  }
  const auto known = [&](const Identity& identity) {
    return today_counts_ ? PersonOf(identity) : model::PersonOf(plan_, identity);
  };
  const auto first = known(a);
  const auto second = known(b);
  if (!first || !second) return Likeness::kUnknown;
  return *first == *second ? Likeness::kSame : Likeness::kDifferent;
}

Likeness People::Compare(const std::vector<Identity>& a, const std::vector<Identity>& b) const {
  Likeness likeness = Likeness::kDifferent;
  for (const Identity& one : a) {
    for (const Identity& other : b) {
      const Likeness found = Compare(one, other);
      if (found == Likeness::kSame) return found;
      if (found == Likeness::kUnknown) likeness = found;
    }
  }
  return likeness;
}

}  // namespace salvor::custody
