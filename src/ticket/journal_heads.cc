#include "ticket/journal_heads.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "base/digest.h"

namespace salvor::ticket {
namespace {

constexpr std::string_view kMark = "salvor-journal ";
constexpr size_t kHashDigits = 64;
constexpr size_t kMostHeads = 10'000;  // of one ticket; more are somebody's nonsense

void Add(std::vector<model::Anchor>& heads, const model::Anchor& head) {
  const auto less = [](const model::Anchor& a, const model::Anchor& b) {
    return std::tie(a.line, a.hash) < std::tie(b.line, b.hash);
  };
  const auto place = std::lower_bound(heads.begin(), heads.end(), head, less);
  if (place != heads.end() && *place == head) return;
  if (heads.size() < kMostHeads) heads.insert(place, head);
}

// "12 <hash>" at the beginning of `text`; `false` if something else stands there.
bool ParseHead(std::string_view text, model::Anchor& head) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, head.line);
  if (error != std::errc() || head.line < 0) return false;
  const std::string_view rest(stop, static_cast<size_t>(end - stop));
  if (!rest.starts_with(' ') || rest.size() <= kHashDigits) return false;
  head.hash = std::string(rest.substr(1, kHashDigits));
  return IsSha256Hex(head.hash);
}

}  // namespace

std::vector<model::Anchor> HeadsIn(std::string_view text, std::string_view plan_digest) {
  std::vector<model::Anchor> heads;
  if (text.find(plan_digest) == std::string_view::npos) return heads;
  for (size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at)) {
    at += kMark.size();
    model::Anchor head;
    if (ParseHead(text.substr(at), head)) Add(heads, head);
  }
  return heads;
}

Result<std::vector<model::Anchor>> HeadsOn(Tracker& tracker, const std::string& key,
                                           std::string_view plan_digest) {
  SALVOR_TRY(const std::vector<std::string> texts, tracker.Texts(key));
  std::vector<model::Anchor> heads;
  for (const std::string& text : texts) {
    for (const model::Anchor& head : HeadsIn(text, plan_digest)) Add(heads, head);
  }
  return heads;
}

}  // namespace salvor::ticket
