// Reading JSON that holds secrets and that nobody vouches for: credentials files, and what token
// servers answer.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace salvor::bigquery::auth {

// A JSON object. Wipes its texts when it goes. Errors say the field's name and the place that was
// given to Parse, never a value; they have the code that was given to Parse.
class Document {
 public:
  // At most 256 KiB and 16 levels; must be an object.
  static Result<Document> Parse(std::string_view bytes, Code code, std::string where);

  Document(const Document&) = delete;
  Document(Document&& other) noexcept = default;
  Document& operator=(const Document&) = delete;
  Document& operator=(Document&&) = delete;
  ~Document();

  // Null counts as absent in all of these.
  [[nodiscard]] bool Has(const char* name) const;
  // A text that is not empty.
  [[nodiscard]] Result<std::string> Text(const char* name) const;
  // "" where it is absent; an error where it is something else than text.
  [[nodiscard]] Result<std::string> OptionalText(const char* name) const;
  // Also an integer that is written as text, as some token servers do.
  [[nodiscard]] Result<int64_t> Integer(const char* name) const;
  [[nodiscard]] Result<bool> Flag(const char* name) const;
  [[nodiscard]] Result<Document> Object(const char* name) const;
  // Of texts; none where it is absent.
  [[nodiscard]] Result<std::vector<std::string>> OptionalTexts(const char* name) const;
  // Of an object of texts, in order of name; none where it is absent.
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> OptionalPairs(
      const char* name) const;

  // What errors say from here on.
  void SetWhere(std::string where) { where_ = std::move(where); }
  [[nodiscard]] const std::string& Where() const { return where_; }
  [[nodiscard]] Error Wrong(std::string what) const { return {code_, std::move(what), where_}; }

 private:
  Document(nlohmann::json json, Code code, std::string where)
      : json_(std::move(json)), code_(code), where_(std::move(where)) {}
  [[nodiscard]] const nlohmann::json* Find(const char* name) const;
  [[nodiscard]] Error Not(const char* name, const char* wanted) const;

  nlohmann::json json_;
  Code code_;
  std::string where_;
};

}  // namespace salvor::bigquery::auth
