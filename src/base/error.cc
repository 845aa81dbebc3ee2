#include "base/error.h"

#include <utility>

namespace salvor {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kNotFound:
      return "not_found";
    case Code::kConflict:
      return "conflict";
    case Code::kStale:
      return "stale";
    case Code::kRefused:
      return "refused";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kPermission:
      return "permission";
    case Code::kTooLate:
      return "too_late";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kOutcomeUnknown:
      return "outcome_unknown";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Error::Message() const {
  std::string text = what;
  if (!where.empty()) text += " (" + where + ")";
  if (!next.empty()) text += ". " + next;
  return text;
}

Error Error::At(std::string place) && {
  if (where.empty()) where = std::move(place);
  return std::move(*this);
}

Error Error::Next(std::string advice) && {
  if (next.empty()) next = std::move(advice);
  return std::move(*this);
}

}  // namespace salvor
