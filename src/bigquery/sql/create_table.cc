#include "bigquery/sql/create_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "bigquery/sql/projection.h"
#include "bigquery/sql/quoting.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

const Json& MemberOf(const Json& json, const char* name) {
  static const Json nothing;
  if (!json.is_object()) return nothing;
  const auto found = json.find(name);
  return found == json.end() ? nothing : *found;
}

std::string TextOf(const Json& json, const char* name) {
  const Json& value = MemberOf(json, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// The service writes numbers as texts; digits only, so that nothing else comes into a statement.
std::string NumberOf(const Json& json, const char* name) {
  const Json& value = MemberOf(json, name);
  std::string text = value.is_number_integer() ? value.dump() : TextOf(json, name);
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? text : std::string();
}

std::string Shown(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Columns {
 public:
  explicit Columns(std::vector<std::string>& left_out) : left_out_(left_out) {}

  // "`a` INT64 NOT NULL OPTIONS (description = '...')", at any level.
  Result<std::string> Column(const Json& field, const std::string& parent) {
    const std::string name = TextOf(field, "name");
    const std::string path = parent.empty() ? name : parent + "." + name;
    SALVOR_TRY(std::string text, Type(field, path));
    const std::string mode = TextOf(field, "mode");
    if (mode == "REPEATED") text = "ARRAY<" + text + ">";
    text = QuoteName(name) + " " + text;
    if (mode == "REQUIRED") text += " NOT NULL";
    const std::string description = TextOf(field, "description");
    if (!description.empty()) {
      text += " OPTIONS (description = " + QuoteText(description) + ")";
    }
    NoteOthers(field, path);
    return text;
  }

 private:
  Result<std::string> Type(const Json& field, const std::string& path) {
    Field one;
    one.type = TextOf(field, "type");
    const std::string type = GoogleSqlType(one);
    if (one.type == "RECORD" || one.type == "STRUCT") return Struct(field, path);
    constexpr std::array<std::string_view, 15> kPlain{
        "STRING",   "BYTES", "INT64", "FLOAT64",   "BOOL",    "TIMESTAMP",  "DATE",    "TIME",
        "DATETIME", "JSON",  "RANGE", "GEOGRAPHY", "NUMERIC", "BIGNUMERIC", "INTERVAL"};
    if (std::find(kPlain.begin(), kPlain.end(), type) == kPlain.end()) {
      return Fail(Code::kUnsupported, fmt::format("column {} is of type {}", path, one.type));
    }
    if (type == "RANGE") return Range(field, path);
    const std::string length = NumberOf(field, "maxLength");
    if (!length.empty()) return fmt::format("{}({})", type, length);
    const std::string precision = NumberOf(field, "precision");
    if (precision.empty()) return type;
    const std::string scale = NumberOf(field, "scale");
    return fmt::format("{}({}{})", type, precision, scale.empty() ? "" : ", " + scale);
  }

  Result<std::string> Range(const Json& field, const std::string& path) {
    const std::string of = TextOf(MemberOf(field, "rangeElementType"), "type");
    if (of == "DATE" || of == "DATETIME" || of == "TIMESTAMP") return "RANGE<" + of + ">";
    return Fail(Code::kUnsupported, fmt::format("column {} is a range of {}", path, of));
  }

  Result<std::string> Struct(const Json& field, const std::string& path) {
    std::string members;
    const Json& list = MemberOf(field, "fields");
    for (const Json& member : list.is_array() ? list : Json::array()) {
      SALVOR_TRY(const std::string text, Column(member, path));
      members += (members.empty() ? "" : ", ") + text;
    }
    return "STRUCT<" + members + ">";
  }

  void NoteOthers(const Json& field, const std::string& path) {
    constexpr std::array<std::string_view, 9> kSaid{"name",   "type",        "mode",
                                                    "fields", "maxLength",   "precision",
                                                    "scale",  "description", "rangeElementType"};
    for (const auto& [name, value] : field.items()) {
      const bool empty =
          value.is_null() || ((value.is_object() || value.is_array()) && value.empty());
      if (empty || std::find(kSaid.begin(), kSaid.end(), name) != kSaid.end()) continue;
      left_out_.push_back(fmt::format("{} of column {}: {}", name, path, Shown(value)));
    }
  }

  std::vector<std::string>& left_out_;
};

std::string UnitName(PartitionKind kind) {
  switch (kind) {
    case PartitionKind::kHour:
      return "HOUR";
    case PartitionKind::kMonth:
      return "MONTH";
    case PartitionKind::kYear:
      return "YEAR";
    default:
      return "DAY";
  }
}

std::string PartitionBy(const Table& table) {
  const Partitioning& partitioning = table.partitioning;
  const std::string unit = UnitName(partitioning.kind);
  if (partitioning.ByIngestionTime()) {
    return unit == "DAY" ? "_PARTITIONDATE"
                         : fmt::format("TIMESTAMP_TRUNC(_PARTITIONTIME, {})", unit);
  }
  std::string column = QuoteName(partitioning.field);
  if (partitioning.kind == PartitionKind::kRange) {
    return fmt::format("RANGE_BUCKET({}, GENERATE_ARRAY({}, {}, {}))", column,
                       partitioning.range_start, partitioning.range_end,
                       partitioning.range_interval);
  }
  const Field* field = FindField(table.fields, partitioning.field);
  const std::string type = field == nullptr ? "DATE" : GoogleSqlType(*field);
  if (type == "DATE" && unit == "DAY") return column;
  return fmt::format("{}_TRUNC({}, {})", type == "TIMESTAMP" || type == "DATETIME" ? type : "DATE",
                     column, unit);
}

std::string OptionsOf(const Table& table) {
  std::vector<std::string> options;
  const auto text = [&](const char* option, const std::string& value) {
    if (!value.empty()) options.push_back(fmt::format("{} = {}", option, QuoteText(value)));
  };
  text("friendly_name", TextOf(table.resource, "friendlyName"));
  text("description", TextOf(table.resource, "description"));
  text("kms_key_name", table.kms_key);
  if (table.require_partition_filter) options.emplace_back("require_partition_filter = TRUE");
  std::string labels;
  for (const auto& [key, value] : table.labels) {
    labels +=
        fmt::format("{}({}, {})", labels.empty() ? "" : ", ", QuoteText(key), QuoteText(value));
  }
  if (!labels.empty()) options.push_back("labels = [" + labels + "]");
  std::string list;
  for (const std::string& option : options) list += (list.empty() ? "" : ",\n  ") + option;
  return list;
}

}  // namespace

Result<CreateStatement> CreateTableStatement(const Table& defined) {
  CreateStatement made;
  Columns columns(made.left_out);
  std::string list;
  const Json& schema = MemberOf(MemberOf(defined.resource, "schema"), "fields");
  for (const Json& field : schema.is_array() ? schema : Json::array()) {
    SALVOR_TRY(const std::string column, columns.Column(field, ""));
    list += (list.empty() ? "  " : ",\n  ") + column;
  }
  made.sql = fmt::format("CREATE TABLE IF NOT EXISTS {} (\n{}\n)", QuoteTable(defined.name), list);
  if (defined.partitioning.IsPartitioned()) made.sql += "\nPARTITION BY " + PartitionBy(defined);
  std::string clusters;
  for (const std::string& column : defined.clustering) {
    clusters += (clusters.empty() ? "" : ", ") + QuoteName(column);
  }
  if (!clusters.empty()) made.sql += "\nCLUSTER BY " + clusters;
  const std::string options = OptionsOf(defined);
  if (!options.empty()) made.sql += "\nOPTIONS (\n  " + options + "\n)";
  for (const char* part : {"tableConstraints", "defaultCollation", "defaultRoundingMode"}) {
    const Json& value = MemberOf(defined.resource, part);
    const bool empty = value.is_null() || (value.is_string() && value.get<std::string>().empty());
    if (!empty) made.left_out.push_back(fmt::format("its {}: {}", part, Shown(value)));
  }
  return made;
}

std::string LiftExpirationsStatement(const Table& defined) {
  const bool by_time =
      defined.partitioning.IsPartitioned() && defined.partitioning.kind != PartitionKind::kRange;
  return fmt::format("ALTER TABLE {}\nSET OPTIONS (expiration_timestamp = NULL{})",
                     QuoteTable(defined.name), by_time ? ", partition_expiration_days = NULL" : "");
}

}  // namespace salvor::bigquery
