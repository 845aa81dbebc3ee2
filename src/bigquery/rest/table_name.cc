#include "bigquery/rest/table_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace salvor::bigquery {
namespace {

constexpr std::string_view kScheme = "bigquery:";
constexpr size_t kLongestName = 1024;
constexpr size_t kLongestProject = 128;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }

// A project id, with its domain in front where it is a legacy one: "example.com:project".
bool IsProject(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view domain = colon == std::string_view::npos ? "" : text.substr(0, colon);
  const std::string_view id = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto in_id = [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; };
  const auto in_domain = [&](char c) { return in_id(c) || c == '.'; };
  if (text.size() > kLongestProject || id.empty() || !IsLower(id.front()) || id.back() == '-') {
    return false;
  }
  if (colon == 0) return false;
  return std::all_of(id.begin(), id.end(), in_id) &&
         std::all_of(domain.begin(), domain.end(), in_domain);
}

bool IsDataset(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
}

// Letters of any script are allowed, so bytes of UTF-8 pass; the ASCII that means something else in
// a path, a decorator or a statement does not.
bool IsTable(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && text.front() != ' ' &&
         text.back() != ' ' && std::all_of(text.begin(), text.end(), [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || c == ' ' ||
                  static_cast<unsigned char>(c) >= 0x80;
         });
}

tl::unexpected<Error> NoName(std::string_view text, std::string_view form) {
  return Fail(Code::kInvalidArgument, fmt::format("'{}' is not of the form {}", text, form),
              "the name of a table or dataset",
              "Decorators ($, @), wildcards and other characters are not part of a name");
}

}  // namespace

Result<TableName> ParseTableUri(std::string_view uri) {
  constexpr std::string_view kForm = "bigquery:project.dataset.table";
  if (!uri.starts_with(kScheme)) return NoName(uri, kForm);
  const std::string_view path = uri.substr(kScheme.size());
  const size_t last = path.rfind('.');
  if (last == std::string_view::npos || last == 0) return NoName(uri, kForm);
  const size_t first = path.rfind('.', last - 1);
  if (first == std::string_view::npos) return NoName(uri, kForm);
  TableName name{std::string(path.substr(0, first)),
                 std::string(path.substr(first + 1, last - first - 1)),
                 std::string(path.substr(last + 1))};
  if (!IsProject(name.project) || !IsDataset(name.dataset) || !IsTable(name.table)) {
    return NoName(uri, kForm);
  }
  return name;
}

Result<DatasetName> ParseDatasetName(std::string_view text) {
  const size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return NoName(text, "PROJECT.DATASET");
  DatasetName name{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
  if (!IsProject(name.project) || !IsDataset(name.dataset)) return NoName(text, "PROJECT.DATASET");
  return name;
}

std::string UriOf(const TableName& name) { return std::string(kScheme) + FormatName(name); }

std::string FormatName(const TableName& name) {
  return fmt::format("{}.{}.{}", name.project, name.dataset, name.table);
}

std::string FormatName(const DatasetName& name) {
  return fmt::format("{}.{}", name.project, name.dataset);
}

bool LooksSharded(std::string_view table) {
  constexpr size_t kDay = 8;
  if (table.size() < kDay + 2 || table[table.size() - kDay - 1] != '_') return false;
  const std::string_view day = table.substr(table.size() - kDay);
  if (!std::all_of(day.begin(), day.end(), IsDigit)) return false;
  const std::string month(day.substr(4, 2));
  const std::string of_month(day.substr(6, 2));
  return month >= "01" && month <= "12" && of_month >= "01" && of_month <= "31" &&
         day.front() != '0';
}

}  // namespace salvor::bigquery
