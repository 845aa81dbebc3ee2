#include "delta/log/essential_adds.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "delta/log/line_scanner.h"
#include "delta/protocol/json.h"

namespace salvor::delta {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr auto kDone = simdjson::SUCCESS;

bool TakeText(ondemand::value value, std::string& into) {
  std::string_view text;
  if (value.get_string().get(text) != kDone) return false;
  into = text;
  return true;
}

bool TakeNumber(ondemand::value value, std::optional<int64_t>& into) {
  bool is_null = false;
  if (value.is_null().get(is_null) != kDone) return false;
  if (is_null) return true;
  int64_t number = 0;
  if (value.get_int64().get(number) != kDone) return false;
  into = number;
  return true;
}

std::optional<std::string_view> NameOf(ondemand::field& field) {
  std::string_view name;
  if (field.unescaped_key().get(name) != kDone) return std::nullopt;
  return name;
}

bool TakeValues(ondemand::value value, AddFile& into) {
  ondemand::object values;
  if (value.get_object().get(values) != kDone) return false;
  for (auto next : values) {
    ondemand::field field;
    if (std::move(next).get(field) != kDone) return false;
    const auto name = NameOf(field);
    bool is_null = false;
    if (!name || field.value().is_null().get(is_null) != kDone) return false;
    auto& [key, text] = into.partition_values.emplace_back(*name, std::nullopt);
    if (!is_null && !TakeText(field.value(), text.emplace())) return false;
  }
  std::sort(into.partition_values.begin(), into.partition_values.end());
  const auto twice = [](const auto& a, const auto& b) { return a.first == b.first; };
  return std::adjacent_find(into.partition_values.begin(), into.partition_values.end(), twice) ==
         into.partition_values.end();
}

bool TakeVector(ondemand::value value, AddFile& into) {
  bool is_null = false;
  if (value.is_null().get(is_null) != kDone) return false;
  if (is_null) return true;
  ondemand::object object;
  std::string_view text;
  if (value.get_object().get(object) != kDone || object.raw_json().get(text) != kDone) return false;
  const auto parsed = ParseJsonObject(text);
  if (!parsed) return false;
  auto vector = ParseDeletionVector(*parsed);
  if (!vector) return false;
  into.deletion_vector = std::make_shared<const DeletionVector>(std::move(*vector));
  return true;
}

bool TakeStats(ondemand::value value, AddFile& into) {
  bool is_null = false;
  if (value.is_null().get(is_null) != kDone) return false;
  if (is_null) return true;
  std::string_view text;
  if (value.get_string().get(text) != kDone) return false;
  const int64_t records = RecordsOfStats(text);
  if (records != kUnknownRecords) into.num_records = records;
  return true;
}

bool TakeAdd(ondemand::object object, AddFile& into) {
  enum Member : unsigned { kPath, kValues, kSize, kTime, kVector, kRow, kCommit, kStats };
  unsigned met = 0;
  const auto is_first = [&met](Member which) {
    const bool first = (met & (1U << which)) == 0;
    met |= 1U << which;
    return first;
  };
  std::optional<int64_t> size;
  std::optional<int64_t> modified;
  std::optional<int64_t> row_id;
  std::optional<int64_t> row_commit;
  for (auto next : object) {
    ondemand::field field;
    if (std::move(next).get(field) != kDone) return false;
    const auto name = NameOf(field);
    if (!name) return false;
    ondemand::value value = field.value();
    bool taken = true;
    if (*name == "path") {
      taken = is_first(kPath) && TakeText(value, into.path);
    } else if (*name == "partitionValues") {
      taken = is_first(kValues) && TakeValues(value, into);
    } else if (*name == "size") {
      taken = is_first(kSize) && TakeNumber(value, size);
    } else if (*name == "modificationTime") {
      taken = is_first(kTime) && TakeNumber(value, modified);
    } else if (*name == "deletionVector") {
      taken = is_first(kVector) && TakeVector(value, into);
    } else if (*name == "baseRowId") {
      taken = is_first(kRow) && TakeNumber(value, row_id);
    } else if (*name == "defaultRowCommitVersion") {
      taken = is_first(kCommit) && TakeNumber(value, row_commit);
    } else if (*name == "stats") {
      taken = is_first(kStats) && TakeStats(value, into);
    }
    if (!taken) return false;
  }
  into.size = std::max<int64_t>(0, size.value_or(0));
  into.has_row_ids = row_id && row_commit;
  const auto& vector = into.deletion_vector;
  if (vector && into.num_records && vector->cardinality > *into.num_records)
    into.num_records.reset();
  return !into.path.empty();
}

}  // namespace

struct EssentialsReader::Parser {
  // The object that is the text.
  bool Read(std::string_view text, ondemand::object& object) {
    padded.assign(text);
    padded.resize(text.size() + simdjson::SIMDJSON_PADDING);
    return parser.iterate(padded.data(), text.size(), padded.size()).get(document) == kDone &&
           document.get_object().get(object) == kDone;
  }

  ondemand::parser parser;
  ondemand::document document;
  std::string padded;
};

EssentialsReader::EssentialsReader() : parser_(std::make_unique<Parser>()) {}
EssentialsReader::~EssentialsReader() = default;

bool EssentialsReader::OfLine(std::string_view line, AddFile& into) {
  into = AddFile();
  ondemand::object action;
  if (!parser_->Read(line, action)) return false;
  bool met = false;
  for (auto next : action) {
    ondemand::field field;
    ondemand::object object;
    if (std::move(next).get(field) != kDone || met) return false;
    if (NameOf(field) != "add" || field.value().get_object().get(object) != kDone) return false;
    if (!TakeAdd(object, into)) return false;
    met = true;
  }
  return met;
}

std::optional<std::string> EssentialsReader::RemovedPath(std::string_view line) {
  ondemand::object action;
  ondemand::object remove;
  ondemand::value value;
  std::string path;
  if (!parser_->Read(line, action) || action["remove"].get_object().get(remove) != kDone ||
      remove["path"].get(value) != kDone || !TakeText(value, path))
    return std::nullopt;
  return path;
}

bool EssentialsReader::OfEntry(std::string_view object, AddFile& into) {
  into = AddFile();
  ondemand::object add;
  return parser_->Read(object, add) && TakeAdd(add, into);
}

}  // namespace salvor::delta
