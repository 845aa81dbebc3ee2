#include "delta/log_spelling.h"

#include <algorithm>

#include "delta/log_json.h"

namespace salvor::delta {
namespace {

// Length-prefixed, so that no value can look like another one's end.
std::string Encode(const LoggedValues& values) {
  std::string text;
  for (const auto& [name, value] : values) {
    text += std::to_string(name.size()) + ':' + name;
    text += value ? std::to_string(value->size()) + ':' + *value : "-";
  }
  return text;
}

}  // namespace

uint32_t Spellings::Intern(LoggedValues values) {
  for (auto& [name, value] : values)
    if (value && value->empty()) value.reset();
  std::sort(values.begin(), values.end());
  std::string text = Encode(values);
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] =
      numbers_.try_emplace(std::move(text), static_cast<uint32_t>(values_.size()));
  if (is_new) values_.push_back(std::move(values));
  return at->second;
}

LoggedValues Spellings::Values(uint32_t number) const {
  const std::lock_guard lock(mutex_);
  return values_[number];
}

size_t Spellings::Count() const {
  const std::lock_guard lock(mutex_);
  return values_.size();
}

Result<uint32_t> SpellingCache::OfJson(std::string_view object) {
  if (const uint32_t* known = Find(object)) return *known;
  SALVOR_TRY(const nlohmann::json parsed, ParseJsonObject(object));
  LoggedValues values;
  for (const auto& [name, value] : parsed.items()) {
    if (value.is_null()) {
      values.emplace_back(name, std::nullopt);
    } else if (value.is_string()) {
      values.emplace_back(name, value.get<std::string>());
    } else {
      return Fail(Code::kCorrupt, "partition value of '" + name + "' is neither a string nor null");
    }
  }
  return Remember(object, shared_.Intern(std::move(values)));
}

const uint32_t* SpellingCache::Find(std::string_view text) {
  if (has_last_ && text == last_text_) return &last_;
  const auto known = known_.find(text);
  if (known == known_.end()) return nullptr;
  last_text_ = known->first;
  last_ = known->second;
  has_last_ = true;
  return &last_;
}

uint32_t SpellingCache::Remember(std::string_view text, uint32_t number) {
  known_.emplace(text, number);
  return number;
}

}  // namespace salvor::delta
