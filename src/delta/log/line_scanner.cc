#include "delta/log/line_scanner.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <utility>

#include "delta/protocol/deletion_vector.h"
#include "delta/protocol/json.h"
#include "delta/protocol/path_spelling.h"

namespace salvor::delta {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr const char* kSomethingFollows =
    "not valid JSON: something follows the action; Spark ignores it, DuckDB and delta-rs cannot "
    "read the table";

auto Corrupt(std::string what) { return Fail(Code::kCorrupt, std::move(what)); }

auto NotJson(simdjson::error_code error) {
  return Corrupt(std::string("not valid JSON: ") + simdjson::error_message(error));
}

#define SALVOR_JSON(expression)                                                                  \
  do {                                                                                           \
    if (const simdjson::error_code salvor_json = (expression); salvor_json != simdjson::SUCCESS) \
      return NotJson(salvor_json);                                                               \
  } while (false)

// A string's bytes between the quotes, as they are spelled; nothing if it is not a string.
std::optional<std::string_view> QuotedText(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\r' ||
                            token.back() == '\n'))
    token.remove_suffix(1);
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
  return token.substr(1, token.size() - 2);
}

bool HasEscape(std::string_view text) {
  return std::memchr(text.data(), '\\', text.size()) != nullptr;
}

// A member's name, unescaped.
simdjson::simdjson_result<std::string_view> NameOf(ondemand::field& field, const char* line_end) {
  const char* start = field.key().raw();
  const auto room = static_cast<size_t>(line_end - start);
  const auto* quote = static_cast<const char*>(std::memchr(start, '"', room));
  const std::string_view quoted(start, quote == nullptr ? 0 : static_cast<size_t>(quote - start));
  if (!HasEscape(quoted)) return std::string_view(quoted);
  return field.unescaped_key();
}

struct Sizes {
  size_t files = 0;
  size_t odd = 0;
  size_t uncounted = 0;
};

Sizes SizesOf(const ScannedLines& lines) {
  return {lines.files.size(), lines.odd.size(), lines.uncounted.size()};
}

// What an object has more than once is told by these.
enum Member : unsigned {
  kPathMember = 1U << 0U,
  kChangeMember = 1U << 1U,
  kVectorMember = 1U << 2U,
  kDeletionMember = 1U << 3U,
  kValuesMember = 1U << 4U,
  kSizeMember = 1U << 5U,
  kStatsMember = 1U << 6U,
};

// The number that the text begins with, if a JSON member ends right after it.
std::optional<int64_t> LeadingNumber(std::string_view text) {
  constexpr size_t kMaxDigits = 18;
  int64_t number = 0;
  size_t at = 0;
  for (; at < text.size() && at < kMaxDigits && text[at] >= '0' && text[at] <= '9'; ++at)
    number = number * 10 + (text[at] - '0');
  if (at == 0 || at == text.size() || (text[at] != ',' && text[at] != '}')) return std::nullopt;
  return number;
}

// Stats inside a JSON string, with the count at the very start, as every known writer has it.
std::optional<int64_t> LeadingRecords(std::string_view quoted) {
  constexpr std::string_view kStart = R"({\"numRecords\":)";
  if (quoted.substr(0, kStart.size()) != kStart) return std::nullopt;
  return LeadingNumber(quoted.substr(kStart.size()));
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

void TakeFile(const std::string& table_root, std::string_view path, const LoggedVector& vector,
              FileAction file, ScannedLines& into) {
  file.key = KeyOfFile(path, vector.id);
  if (file.bad_size) file.size = 0;
  if (file.records != kUnknownRecords && file.cardinality > file.records) {
    file.bad_vector = true;
    file.records = kUnknownRecords;
  }
  if (file.is_add && file.records <= file.cardinality)
    into.uncounted.push_back({into.files.size(), std::string(path)});
  const bool is_plain = IsPlainSpelling(path);
  if (!is_plain) {
    PathTexts texts = TextsOf(table_root, path);
    into.odd.push_back({into.files.size(), KeyOfFile(texts.spark, vector.id),
                        KeyOfFile(texts.folded, vector.id), KeyOfFile(texts.file, vector.id),
                        std::string(path), std::move(texts.file), texts.is_uri});
  }
  // A plain path is compared as it is written, but a file lies where it leads once decoded.
  const bool lies_as_written = is_plain && path.find('%') == std::string_view::npos;
  if (!lies_as_written || !vector.id.empty())
    into.placed.push_back({into.files.size(), PlaceOnDisk(table_root, path), vector.place,
                           vector.end,
                           vector.id.empty() ? std::nullopt : std::optional(KeyOfFile(path, ""))});
  into.files.push_back(file);
}

void ScannedLines::Clear() { *this = ScannedLines(); }

struct LineScanner::Parser {
  Parser(std::string table_root, PartitionValuesPool& shared)
      : root(std::move(table_root)), values_cache(shared) {}

  std::string root;
  PartitionValuesCache values_cache;
  ondemand::parser parser;
  LoggedVector vector;
  const char* line_end = nullptr;
  bool repeats = false;    // the object that was scanned last has a member twice
  std::string plain_line;  // what such a line comes to, padded

  Status ScanLine(std::string_view line, int64_t offset, ScannedLines& into);
  Status ScanRepeating(std::string_view line, int64_t offset, const Sizes& had, ScannedLines& into);
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
  const std::optional<std::string_view> quoted = QuotedText(value.raw_json_token());
  if (!quoted) return Corrupt("'path' is not a string");
  if (!HasEscape(*quoted)) {
    path = *quoted;
    return Done{};
  }
  std::string_view unescaped;
  SALVOR_JSON(value.get_string().get(unescaped));
  buffer = unescaped;
  path = buffer;
  return Done{};
}

Status LineScanner::Parser::TakeStats(ondemand::value value, FileAction& file) {
  const std::optional<std::string_view> quoted = QuotedText(value.raw_json_token());
  if (!quoted) return Done{};
  if (const std::optional<int64_t> records = LeadingRecords(*quoted)) {
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
  SALVOR_TRY(const DeletionVector own, ParseDeletionVector(parsed));
  vector = {own.UniqueId(), PlaceOfVector(root, own), VectorEnd(own)};
  file.cardinality = own.cardinality;
  return Done{};
}

Status LineScanner::Parser::ScanFile(ondemand::value value, bool is_add, int64_t offset,
                                     ScannedLines& into) {
  FileAction file;
  file.is_add = is_add;
  file.place = offset;
  vector = LoggedVector();
  std::string path_buffer;
  std::string_view path;
  bool has_change = false;
  bool has_time = false;
  bool has_size = false;
  bool has_values = false;
  unsigned met = 0;
  ondemand::object object;
  SALVOR_JSON(value.get_object().get(object));
  for (auto next : object) {
    ondemand::field field;
    SALVOR_JSON(std::move(next).get(field));
    std::string_view name;
    SALVOR_JSON(NameOf(field, line_end).get(name));
    ondemand::value member = field.value();
    bool ignored = false;
    const auto meet = [&](Member which) {
      repeats = repeats || (met & which) != 0;
      met |= which;
    };
    if (name == "path") {
      meet(kPathMember);
      SALVOR_OK(TakePath(member, path_buffer, path));
    } else if (name == "dataChange") {
      meet(kChangeMember);
      SALVOR_JSON(member.is_null().get(ignored));
      has_change = !ignored;
      if (!ignored) SALVOR_JSON(member.get_bool().get(file.data_change));
    } else if (name == "deletionVector") {
      meet(kVectorMember);
      SALVOR_OK(ScanVector(member, file));
    } else if (name == "deletionTimestamp") {
      meet(kDeletionMember);
      SALVOR_OK(TakeInteger(member, file.deletion_timestamp, ignored));
    } else if (!is_add) {
      continue;
    } else if (name == "modificationTime") {
      has_time = true;
    } else if (name == "partitionValues") {
      meet(kValuesMember);
      SALVOR_JSON(member.is_null().get(ignored));
      if (ignored) continue;
      ondemand::object values;
      std::string_view text;
      SALVOR_JSON(member.get_object().get(values));
      SALVOR_JSON(values.raw_json().get(text));
      SALVOR_TRY(file.values_id, values_cache.OfJson(text));
      has_values = true;
    } else if (name == "size") {
      meet(kSizeMember);
      if (!TakeInteger(member, file.size, has_size))
        return Corrupt(
            "the 'size' of a file is not a whole number: Spark cannot read the table, DuckDB and "
            "delta-rs may");
    } else if (name == "stats") {
      meet(kStatsMember);
      SALVOR_OK(TakeStats(member, file));
    }
  }
  if (repeats) return Done{};
  if (path.empty()) return Corrupt("a file action without 'path'");
  if (!has_change || (is_add && !has_time))
    return Corrupt(
        fmt::format("a file action without '{}': Spark reads it, DuckDB and delta-rs "
                    "cannot read the table",
                    has_change ? "modificationTime" : "dataChange"));
  if (is_add && !has_values) return Corrupt("an added file without 'partitionValues'");
  file.bad_size = is_add && (!has_size || file.size <= 0);
  TakeFile(root, path, vector, file, into);
  return Done{};
}

// protocol, metaData, commitInfo, txn: rare, so parsed the easy way.
Status LineScanner::Parser::TakeRare(std::string_view line, ScannedLines& into) {
  SALVOR_TRY(nlohmann::json action, ParseJsonObject(line));
  const auto take = [&](const char* name, std::optional<nlohmann::json>& one) {
    const auto found = action.find(name);
    if (found == action.end() || found->is_null()) return;
    if (one && *one != *found) into.twice = name;
    one = std::move(*found);
  };
  take("protocol", into.protocol);
  take("metaData", into.metadata);
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

// Of members of one name all readers take the last, and of an object's add and remove the add: the
// line is scanned again without the others.
Status LineScanner::Parser::ScanRepeating(std::string_view line, int64_t offset, const Sizes& had,
                                          ScannedLines& into) {
  into.files.resize(had.files);
  into.odd.resize(had.odd);
  into.uncounted.resize(had.uncounted);
  SALVOR_TRY(nlohmann::json action, ParseJsonObject(line));
  const auto add = action.find("add");
  if (add != action.end() && !add->is_null()) action.erase("remove");
  plain_line = action.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const size_t size = plain_line.size();
  plain_line.resize(size + LineScanner::kPadding);
  return ScanLine({plain_line.data(), size}, offset, into);
}

Status LineScanner::Parser::ScanLine(std::string_view line, int64_t offset, ScannedLines& into) {
  line_end = line.data() + line.size();
  ondemand::document document;
  SALVOR_JSON(
      parser.iterate(line.data(), line.size(), line.size() + LineScanner::kPadding).get(document));
  ondemand::object object;
  SALVOR_JSON(document.get_object().get(object));
  bool rare = false;
  bool head = false;
  bool met_add = false;
  bool met_remove = false;
  int files = 0;
  repeats = false;
  const Sizes had = SizesOf(into);
  for (auto next : object) {
    ondemand::field field;
    SALVOR_JSON(std::move(next).get(field));
    std::string_view name;
    SALVOR_JSON(NameOf(field, line_end).get(name));
    if (name == "add" || name == "remove") {
      const bool is_add = name == "add";
      bool& met = is_add ? met_add : met_remove;
      bool is_null = false;
      ondemand::value value = field.value();
      SALVOR_JSON(value.is_null().get(is_null));
      if (met || (!is_null && files > 0)) return ScanRepeating(line, offset, had, into);
      met = true;
      if (is_null) continue;
      ++files;
      SALVOR_OK(ScanFile(value, is_add, offset, into));
      if (repeats) return ScanRepeating(line, offset, had, into);
    } else if (name == "commitInfo" || name == "txn") {
      rare = true;
    } else if (name == "protocol" || name == "metaData") {
      rare = head = true;
    }
  }
  if (head && files > 0)
    return Corrupt(
        "a file action and another action in one object: Spark takes the file alone, DuckDB and "
        "delta-rs both");
  if (rare) return TakeRare(line, into);
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::SUCCESS) return Done{};
  if (*rest == '{')
    return Corrupt("two actions on one line: Spark reads the first only, DuckDB and delta-rs both");
  return Corrupt(kSomethingFollows);
}

#undef SALVOR_JSON

LineScanner::LineScanner(std::string table_root, PartitionValuesPool& values_cache)
    : parser_(std::make_unique<Parser>(std::move(table_root), values_cache)) {}
LineScanner::~LineScanner() = default;

namespace {

// What some reader or other makes of a line that is no JSON object.
Error Explained(Error error, std::string_view line) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  std::string_view oddity;
  if (line.substr(0, kMark.size()) == kMark) {
    oddity = "the file begins with a byte order mark";
  } else if (line.front() == '[') {
    oddity = "a list of actions on one line";
  } else if (line.find('\'') < line.find('"')) {
    oddity = "single quotes";
  } else {
    // The parser gives up at the end of such a line before it has seen the action.
    const size_t end = line.rfind('}');
    const bool follows = end != std::string_view::npos && end + 1 < line.size();
    if (follows && ParseJsonObject(line.substr(0, end + 1))) error.what = kSomethingFollows;
    return error;
  }
  error.what = "not valid JSON: ";
  error.what.append(oddity).append(
      ", which Spark reads; DuckDB and delta-rs cannot read the table");
  return error;
}

}  // namespace

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
        return Fail(Explained(std::move(scanned).error(), line));
      }
    }
    at = end + 1;
  }
  return Done{};
}

}  // namespace salvor::delta
