#include "demo/commit_text.h"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "demo/rows.h"

namespace salvor::demo {
namespace {

using Json = nlohmann::ordered_json;  // the order in which Delta's writers put the members

constexpr const char* kTableId = "5f0d2c66-7a53-4f0a-9c1e-2b7d84a1c3e9";

std::string_view TypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kDate:
      return "date";
    case ColumnType::kString:
      return "string";
    case ColumnType::kLong:
      return "long";
    case ColumnType::kBoolean:
      return "boolean";
  }
  return "";
}

Json Line(const char* action, Json content) {
  Json line;
  line[action] = std::move(content);
  return line;
}

std::string SchemaText() {
  Json fields = Json::array();
  for (const Column& column : Columns()) {
    fields.push_back({{"name", column.name},
                      {"type", TypeName(column.type)},
                      {"nullable", true},
                      {"metadata", Json::object()}});
  }
  return Json({{"type", "struct"}, {"fields", std::move(fields)}}).dump();
}

Json PartitionColumns() { return Json::array({Columns().front().name}); }

Json MetadataOf(const Happening& happening) {
  return {{"id", kTableId},
          {"name", "event_aggregates_v1"},
          {"format", {{"provider", "parquet"}, {"options", Json::object()}}},
          {"schemaString", SchemaText()},
          {"partitionColumns", PartitionColumns()},
          {"configuration", Json::object()},
          {"createdTime", MillisOf(happening.at)}};
}

// Values in operationParameters are JSON texts, as Spark writes them.
Json InfoOf(const Happening& happening) {
  const std::string first = FormatDay(happening.days.first);
  const std::string last = FormatDay(happening.days.last);
  const std::string name(Columns().front().name);
  std::string predicate = first == last
                              ? fmt::format("{} = '{}'", name, first)
                              : fmt::format("{0} >= '{1}' AND {0} <= '{2}'", name, first, last);
  Json parameters;
  std::string operation = "WRITE";
  switch (happening.kind) {
    case Happening::Kind::kMove:
      parameters = {{"mode", "Append"}, {"partitionBy", PartitionColumns().dump()}};
      break;
    case Happening::Kind::kNightly:
    case Happening::Kind::kBackfill:
      parameters = {{"mode", "Overwrite"},
                    {"partitionBy", PartitionColumns().dump()},
                    {"predicate", std::move(predicate)}};
      break;
    case Happening::Kind::kDelete:
      operation = "DELETE";
      parameters = {{"predicate", Json::array({std::move(predicate)}).dump()}};
      break;
  }
  return {{"timestamp", MillisOf(happening.at)},
          {"userName", happening.who},
          {"operation", std::move(operation)},
          {"operationParameters", std::move(parameters)},
          {"engineInfo", "salvor demo"},
          {"isBlindAppend", happening.kind == Happening::Kind::kMove}};
}

Json ValueOf(ColumnType type, const std::string& text) {
  if (type == ColumnType::kLong) return std::strtoll(text.c_str(), nullptr, 10);
  return text;
}

std::string StatsText(const DayFile& file) {
  Json min = Json::object();
  Json max = Json::object();
  Json nulls = Json::object();
  const auto columns = Columns().subspan(1);
  for (size_t i = 0; i < columns.size(); ++i) {
    const ColumnStats& stats = file.columns[i];
    const std::string name(columns[i].name);
    nulls[name] = stats.nulls;
    if (columns[i].type == ColumnType::kBoolean) continue;  // PROTOCOL.md: no bounds for these
    if (stats.min) min[name] = ValueOf(columns[i].type, *stats.min);
    if (stats.max) max[name] = ValueOf(columns[i].type, *stats.max);
  }
  return Json({{"numRecords", file.rows},
               {"minValues", std::move(min)},
               {"maxValues", std::move(max)},
               {"nullCount", std::move(nulls)}})
      .dump();
}

Json PartitionValues(const DayFile& file) {
  Json values;
  values[std::string(Columns().front().name)] = FormatDay(file.day);
  return values;
}

Json AddOf(const DayFile& file) {
  return {{"path", file.path},  {"partitionValues", PartitionValues(file)},
          {"size", file.size},  {"modificationTime", MillisOf(file.modified)},
          {"dataChange", true}, {"stats", StatsText(file)}};
}

Json RemoveOf(const DayFile& file, Instant at) {
  return {{"path", file.path},
          {"deletionTimestamp", MillisOf(at)},
          {"dataChange", true},
          {"extendedFileMetadata", true},
          {"partitionValues", PartitionValues(file)},
          {"size", file.size}};
}

}  // namespace

std::string CommitText(const Happening& happening, std::span<const DayFile> files, bool first) {
  std::string text = Line("commitInfo", InfoOf(happening)).dump() + "\n";
  if (first) {
    text += Line("protocol", {{"minReaderVersion", 1}, {"minWriterVersion", 2}}).dump() + "\n";
    text += Line("metaData", MetadataOf(happening)).dump() + "\n";
  }
  for (const DayFile& file : files) {
    text += (happening.Empties() ? Line("remove", RemoveOf(file, happening.at))
                                 : Line("add", AddOf(file)))
                .dump() +
            "\n";
  }
  return text;
}

}  // namespace salvor::demo
