#include "delta/log_scan.h"

#include <simdjson.h>

#include <cstring>
#include <utility>

#include "delta/log_json.h"
#include "delta/log_lines.h"

namespace salvor::delta {
namespace {

namespace ondemand = simdjson::ondemand;

auto Corrupt(std::string what) { return Fail(Code::kCorrupt, std::move(what)); }

auto NotJson(simdjson::error_code error) {
  return Corrupt(std::string("not valid JSON: ") + simdjson::error_message(error));
}

#define SALVOR_JSON(expression)                                                                  \
  do {                                                                                           \
    if (const simdjson::error_code salvor_json = (expression); salvor_json != simdjson::SUCCESS) \
      return NotJson(salvor_json);                                                               \
  } while (false)

// A member's name as it is spelled. One with an escape in it matches nothing that is looked for: no
// writer escapes letters.
std::string_view NameOf(ondemand::field& field, const char* line_end) {
  const char* start = field.key().raw();
  const auto room = static_cast<size_t>(line_end - start);
  const auto* quote = static_cast<const char*>(std::memchr(start, '"', room));
  return {start, quote == nullptr ? 0 : static_cast<size_t>(quote - start)};
}

// A string's bytes between the quotes, as they are spelled; nothing for what is no string.
std::optional<std::string_view> SpelledText(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\r' ||
                            token.back() == '\n'))
    token.remove_suffix(1);
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
  return token.substr(1, token.size() - 2);
}

bool HasEscape(std::string_view text) {
  return std::memchr(text.data(), '\\', text.size()) != nullptr;
}

// The number that the text begins with, if a JSON member ends right after it.
std::optional<int64_t> LeadingNumber(std::string_view text) {
  constexpr size_t kMostDigits = 18;
  int64_t number = 0;
  size_t at = 0;
  for (; at < text.size() && at < kMostDigits && text[at] >= '0' && text[at] <= '9'; ++at)
    number = number * 10 + (text[at] - '0');
  if (at == 0 || at == text.size() || (text[at] != ',' && text[at] != '}')) return std::nullopt;
  return number;
}

// Stats inside a JSON string, with the count at the very start, as every known writer has it.
std::optional<int64_t> LeadingRecords(std::string_view spelled) {
  constexpr std::string_view kStart = R"({\"numRecords\":)";
  if (spelled.substr(0, kStart.size()) != kStart) return std::nullopt;
  return LeadingNumber(spelled.substr(kStart.size()));
}

// True where the canonical form of the path is the path itself.
bool IsPlainPath(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  return path.find('%') == std::string_view::npos && path.find(':') == std::string_view::npos &&
         path.find("//") == std::string_view::npos;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

int64_t RecordsOfStats(std::string_view stats) {
  constexpr std::string_view kStart = R"({"numRecords":)";
  if (stats.substr(0, kStart.size()) == kStart) {
    if (const auto records = LeadingNumber(stats.substr(kStart.size()))) return *records;
  }
  const auto parsed = ParseJsonObject(stats);
  if (!parsed) return kUnknownRecords;
  const auto records = IntMember(*parsed, "numRecords");
  return records && *records && **records >= 0 ? **records : kUnknownRecords;
}

FileKey KeyOfLogged(const std::string& table_root, std::string_view path,
                    std::string_view vector_id) {
  if (IsPlainPath(path)) return KeyOfFile(path, vector_id);
  return KeyOfFile(CanonicalPath(table_root, path), vector_id);
}

void ScannedLines::Clear() { *this = ScannedLines(); }

struct LineScanner::Parser {
  Parser(std::string table_root, Spellings& shared)
      : root(std::move(table_root)), spellings(shared) {}

  std::string root;
  SpellingCache spellings;
  ondemand::parser parser;
  std::string vector_id;
  const char* line_end = nullptr;

  Status ScanLine(std::string_view line, int64_t offset, ScannedLines& into);
  Status ScanFile(ondemand::value value, bool is_add, int64_t offset, ScannedLines& into);
  Status ScanVector(ondemand::value value, FileAction& file);
  Status TakeRare(std::string_view line, ScannedLines& into);
  Status TakePath(ondemand::value value, std::string& buffer, std::string_view& path);
  Status TakeStats(ondemand::value value, FileAction& file);
  Status TakeInteger(ondemand::value value, int64_t& into, bool& present);
};

Status LineScanner::Parser::TakeInteger(ondemand::value value, int64_t& into, bool& present) {
  bool is_null = false;
  SALVOR_JSON(value.is_null().get(is_null));
  if (is_null) return Done{};
  SALVOR_JSON(value.get_int64().get(into));
  present = true;
  return Done{};
}

Status LineScanner::Parser::TakePath(ondemand::value value, std::string& buffer,
                                     std::string_view& path) {
  const std::optional<std::string_view> spelled = SpelledText(value.raw_json_token());
  if (!spelled) return Corrupt("'path' is not a string");
  if (!HasEscape(*spelled)) {
    path = *spelled;
    return Done{};
  }
  std::string_view unescaped;
  SALVOR_JSON(value.get_string().get(unescaped));
  buffer = unescaped;
  path = buffer;
  return Done{};
}

Status LineScanner::Parser::TakeStats(ondemand::value value, FileAction& file) {
  const std::optional<std::string_view> spelled = SpelledText(value.raw_json_token());
  if (!spelled) return Done{};
  if (const std::optional<int64_t> records = LeadingRecords(*spelled)) {
    file.records = *records;
    return Done{};
  }
  std::string_view stats;
  SALVOR_JSON(value.get_string().get(stats));
  file.records = RecordsOfStats(stats);
  return Done{};
}

Status LineScanner::Parser::ScanVector(ondemand::value value, FileAction& file) {
  bool is_null = false;
  SALVOR_JSON(value.is_null().get(is_null));
  if (is_null) return Done{};
  ondemand::object object;
  SALVOR_JSON(value.get_object().get(object));
  std::string_view text;
  SALVOR_JSON(object.raw_json().get(text));
  SALVOR_TRY(const nlohmann::json parsed, ParseJsonObject(text));
  SALVOR_TRY(const DeletionVector vector, ParseDeletionVector(parsed));
  vector_id = vector.UniqueId();
  file.cardinality = vector.cardinality;
  return Done{};
}

Status LineScanner::Parser::ScanFile(ondemand::value value, bool is_add, int64_t offset,
                                     ScannedLines& into) {
  FileAction file;
  file.is_add = is_add;
  file.place = offset;
  vector_id.clear();
  std::string path_buffer;
  std::string_view path;
  bool has_size = false;
  bool has_values = false;
  ondemand::object object;
  SALVOR_JSON(value.get_object().get(object));
  for (auto next : object) {
    ondemand::field field;
    SALVOR_JSON(std::move(next).get(field));
    const std::string_view name = NameOf(field, line_end);
    ondemand::value member = field.value();
    bool ignored = false;
    if (name == "path") {
      SALVOR_OK(TakePath(member, path_buffer, path));
    } else if (name == "dataChange") {
      SALVOR_JSON(member.is_null().get(ignored));
      if (!ignored) SALVOR_JSON(member.get_bool().get(file.data_change));
    } else if (name == "deletionVector") {
      SALVOR_OK(ScanVector(member, file));
    } else if (name == "deletionTimestamp") {
      SALVOR_OK(TakeInteger(member, file.deletion_timestamp, ignored));
    } else if (!is_add) {
      continue;
    } else if (name == "partitionValues") {
      SALVOR_JSON(member.is_null().get(ignored));
      if (ignored) continue;
      ondemand::object values;
      std::string_view text;
      SALVOR_JSON(member.get_object().get(values));
      SALVOR_JSON(values.raw_json().get(text));
      SALVOR_TRY(file.spelling, spellings.OfJson(text));
      has_values = true;
    } else if (name == "size") {
      SALVOR_OK(TakeInteger(member, file.size, has_size));
    } else if (name == "stats") {
      SALVOR_OK(TakeStats(member, file));
    }
  }
  if (path.empty()) return Corrupt("a file action without 'path'");
  if (is_add && (!has_size || file.size < 0))
    return Corrupt("an added file without a valid 'size'");
  if (file.records != kUnknownRecords && file.cardinality > file.records)
    return Corrupt("a deletion vector deletes more rows than its file has");
  if (is_add && !has_values) {
    SALVOR_TRY(file.spelling, spellings.OfJson("{}"));
  }
  file.key = KeyOfLogged(root, path, vector_id);
  if (is_add && file.records == kUnknownRecords)
    into.uncounted.push_back({into.files.size(), std::string(path)});
  into.files.push_back(file);
  return Done{};
}

// protocol, metaData, commitInfo, txn: rare, so parsed the easy way.
Status LineScanner::Parser::TakeRare(std::string_view line, ScannedLines& into) {
  SALVOR_TRY(nlohmann::json action, ParseJsonObject(line));
  if (const auto found = action.find("protocol"); found != action.end())
    into.protocol = std::move(*found);
  if (const auto found = action.find("metaData"); found != action.end())
    into.metadata = std::move(*found);
  if (const auto found = action.find("commitInfo"); found != action.end()) {
    SALVOR_TRY(into.info, ParseCommitInfo(std::move(*found)));
    into.info->raw = nlohmann::json();
  }
  if (const auto found = action.find("txn"); found != action.end()) {
    const auto id = TextMember(*found, "appId");
    if (id && *id && (*id)->rfind(kSalvorAppPrefix, 0) == 0) into.by_salvor = true;
  }
  return Done{};
}

Status LineScanner::Parser::ScanLine(std::string_view line, int64_t offset, ScannedLines& into) {
  line_end = line.data() + line.size();
  ondemand::document document;
  SALVOR_JSON(
      parser.iterate(line.data(), line.size(), line.size() + LineScanner::kPadding).get(document));
  ondemand::object object;
  SALVOR_JSON(document.get_object().get(object));
  bool rare = false;
  for (auto next : object) {
    ondemand::field field;
    SALVOR_JSON(std::move(next).get(field));
    const std::string_view name = NameOf(field, line_end);
    if (name == "add" || name == "remove") {
      bool is_null = false;
      ondemand::value value = field.value();
      SALVOR_JSON(value.is_null().get(is_null));
      if (!is_null) SALVOR_OK(ScanFile(value, name == "add", offset, into));
    } else if (name == "commitInfo" || name == "protocol" || name == "metaData" || name == "txn") {
      rare = true;
    }
  }
  if (rare) return TakeRare(line, into);
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS)
    return Corrupt("not valid JSON: something follows the action");
  return Done{};
}

#undef SALVOR_JSON

LineScanner::LineScanner(std::string table_root, Spellings& spellings)
    : parser_(std::make_unique<Parser>(std::move(table_root), spellings)) {}
LineScanner::~LineScanner() = default;

Status LineScanner::Scan(std::string_view text, int64_t offset, ScannedLines& into,
                         int64_t& bad_offset) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!IsBlank(line)) {
      const int64_t line_offset = offset + static_cast<int64_t>(at);
      Status scanned = parser_->ScanLine(line, line_offset, into);
      if (!scanned) {
        bad_offset = line_offset;
        return scanned;
      }
    }
    at = end + 1;
  }
  return Done{};
}

}  // namespace salvor::delta
