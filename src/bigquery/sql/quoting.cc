#include "bigquery/sql/quoting.h"

#include <fmt/format.h>

#include "base/text.h"

namespace salvor::bigquery {
namespace {

// Lexical structure, "Escape sequences for string and bytes literals". What Printable makes
// visible, it writes as these very escapes (\xhh, \uhhhh), so the statement means the same and a
// terminal is not steered by it.
std::string Escape(std::string_view text, char quote) {
  std::string escaped;
  for (const char c : text) {
    if (c == quote || c == '\\') escaped += '\\';
    escaped += c;
  }
  return quote + Printable(escaped) + quote;
}

}  // namespace

std::string QuoteName(std::string_view name) { return Escape(name, '`'); }

std::string QuoteTable(const TableName& name) {
  return QuoteName(name.project) + "." + QuoteName(name.dataset) + "." + QuoteName(name.table);
}

std::string QuoteView(const DatasetName& dataset, std::string_view view) {
  return fmt::format("{}.{}.INFORMATION_SCHEMA.{}", QuoteName(dataset.project),
                     QuoteName(dataset.dataset), view);
}

std::string QuoteText(std::string_view text) { return Escape(text, '\''); }

}  // namespace salvor::bigquery
