#include "testing/bigquery_server/googlesql/spelling.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace salvor::testing::bigquery {
namespace googlesql {
namespace {

struct Spelling {
  TypeKind kind;
  std::string_view google;
  std::string_view duck;
};

constexpr std::array<Spelling, 12> kSpellings = {{
    {TypeKind::kInt64, "INT64", "BIGINT"},
    {TypeKind::kFloat64, "FLOAT64", "DOUBLE"},
    {TypeKind::kBool, "BOOL", "BOOLEAN"},
    {TypeKind::kString, "STRING", "VARCHAR"},
    {TypeKind::kBytes, "BYTES", "BLOB"},
    {TypeKind::kDate, "DATE", "DATE"},
    {TypeKind::kDatetime, "DATETIME", "TIMESTAMP"},
    {TypeKind::kTime, "TIME", "TIME"},
    {TypeKind::kTimestamp, "TIMESTAMP", "TIMESTAMPTZ"},
    {TypeKind::kNumeric, "NUMERIC", "DECIMAL(38,9)"},
    {TypeKind::kBigNumeric, "BIGNUMERIC", "DECIMAL(38,9)"},
    {TypeKind::kJson, "JSON", "VARCHAR"},
}};

constexpr std::array<std::pair<std::string_view, TypeKind>, 9> kSynonyms = {{
    {"INT", TypeKind::kInt64},
    {"INTEGER", TypeKind::kInt64},
    {"BIGINT", TypeKind::kInt64},
    {"SMALLINT", TypeKind::kInt64},
    {"TINYINT", TypeKind::kInt64},
    {"BYTEINT", TypeKind::kInt64},
    {"BOOLEAN", TypeKind::kBool},
    {"DECIMAL", TypeKind::kNumeric},
    {"BIGDECIMAL", TypeKind::kBigNumeric},
}};

const Spelling* SpellingOf(TypeKind kind) {
  for (const Spelling& spelling : kSpellings) {
    if (spelling.kind == kind) return &spelling;
  }
  return nullptr;
}

std::string QuoteWith(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

// The length of the UTF-8 sequence at `text[at]`, 0 if it is none.
size_t SequenceAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  uint32_t code = first & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte(at + i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  return overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : length;
}

}  // namespace

std::string QuoteName(std::string_view name) { return QuoteWith(name, '"'); }

std::string QuoteText(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return QuoteWith(text, '\'');
  std::string parts = "(''";
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\0', begin), text.size());
    parts += " || " + QuoteWith(text.substr(begin, end - begin), '\'');
    if (end < text.size()) parts += " || chr(0)";
    begin = end + 1;
  }
  return parts + ")";
}

std::string QuoteBytes(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return "from_hex('" + hex + "')";
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

bool SameName(std::string_view one, std::string_view other) {
  return one.size() == other.size() && Upper(one) == Upper(other);
}

bool IsNumber(TypeKind kind) {
  return kind == TypeKind::kInt64 || kind == TypeKind::kFloat64 || kind == TypeKind::kNumeric ||
         kind == TypeKind::kBigNumeric;
}

bool SameType(const Type& one, const Type& other) {
  if (one.kind != other.kind || one.fields.size() != other.fields.size()) return false;
  for (size_t i = 0; i < one.fields.size(); ++i) {
    if (!SameType(one.fields[i].type, other.fields[i].type)) return false;
  }
  return true;
}

const Type& ElementOf(const Type& array) { return array.fields.front().type; }

Type ArrayOf(Type element) {
  Type array{TypeKind::kArray, {}};
  array.fields.push_back(Field{{}, std::move(element)});
  return array;
}

std::string DuckFieldName(const Type& type, size_t index) {
  const std::string& name = type.fields[index].name;
  bool taken = name.empty();
  for (size_t i = 0; i < index && !taken; ++i) taken = SameName(type.fields[i].name, name);
  return taken ? "_field_" + std::to_string(index + 1) : name;
}

bool ScalarTypeOfName(std::string_view name, TypeKind& kind) {
  const std::string upper = Upper(name);
  for (const Spelling& spelling : kSpellings) {
    if (spelling.google == upper) {
      kind = spelling.kind;
      return true;
    }
  }
  for (const auto& [synonym, meant] : kSynonyms) {
    if (synonym == upper) {
      kind = meant;
      return true;
    }
  }
  return false;
}

std::string_view KindName(TypeKind kind) {
  const Spelling* spelling = SpellingOf(kind);
  if (spelling != nullptr) return spelling->google;
  return kind == TypeKind::kStruct ? "STRUCT" : "ARRAY";
}

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = SequenceAt(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace googlesql

using googlesql::ElementOf;

std::string GoogleSqlName(const Type& type) {
  if (type.kind == TypeKind::kArray) return "ARRAY<" + GoogleSqlName(ElementOf(type)) + ">";
  if (type.kind != TypeKind::kStruct) return std::string(googlesql::KindName(type.kind));
  std::string name = "STRUCT<";
  for (const Field& field : type.fields) {
    if (name.back() != '<') name += ", ";
    if (!field.name.empty()) name += field.name + " ";
    name += GoogleSqlName(field.type);
  }
  return name + ">";
}

std::string DuckName(const Type& type) {
  if (type.kind == TypeKind::kArray) return DuckName(ElementOf(type)) + "[]";
  if (type.kind != TypeKind::kStruct) {
    return std::string(googlesql::SpellingOf(type.kind)->duck);
  }
  std::string name = "STRUCT(";
  for (size_t i = 0; i < type.fields.size(); ++i) {
    const Field& field = type.fields[i];
    if (i > 0) name += ", ";
    name += googlesql::QuoteName(googlesql::DuckFieldName(type, i)) + " " + DuckName(field.type);
  }
  return name + ")";
}

}  // namespace salvor::testing::bigquery
