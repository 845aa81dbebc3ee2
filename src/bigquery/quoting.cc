#include "bigquery/quoting.h"

#include <fmt/format.h>

namespace salvor::bigquery {
namespace {

// Lexical structure, "Escape sequences for string and bytes literals".
std::string Escape(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + quote;
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
