#include "model/document.h"

#include <fmt/format.h>

#include "base/text.h"

#include <utility>

namespace salvor::model {
namespace {

using Json = nlohmann::json;

Result<Json> Field(const Json& object, const char* name) {
  if (!object.is_object()) return Fail(Code::kCorrupt, fmt::format("no object around '{}'", name));
  const auto found = object.find(name);
  if (found == object.end()) return Fail(Code::kCorrupt, fmt::format("no field '{}'", name));
  return *found;
}

// What nests deeper was not written by salvor; copying or writing it would overrun the stack.
constexpr int kDeepest = 64;

tl::unexpected<Error> WrongType(const char* name, std::string_view wanted) {
  return Fail(Code::kCorrupt, fmt::format("field '{}' is not {}", name, wanted));
}

}  // namespace

std::string Canonical(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Json> ParseDocument(std::string_view bytes, std::string_view what) {
  if (NestsDeeperThan(bytes, kDeepest)) {
    return Fail(Code::kCorrupt, fmt::format("{} nests deeper than {} levels", what, kDeepest));
  }
  Json json = Json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Fail(Code::kCorrupt, fmt::format("{} is not JSON", what));
  return json;
}

Result<std::string> TextField(const Json& object, const char* name) {
  SALVOR_TRY(Json field, Field(object, name));
  if (!field.is_string()) return WrongType(name, "text");
  return field.get<std::string>();
}

Result<int64_t> IntegerField(const Json& object, const char* name) {
  SALVOR_TRY(Json field, Field(object, name));
  if (!field.is_number_integer() ||
      (field.is_number_unsigned() && field.get<uint64_t>() > uint64_t{INT64_MAX})) {
    return WrongType(name, "an integer");
  }
  return field.get<int64_t>();
}

Result<bool> FlagField(const Json& object, const char* name) {
  SALVOR_TRY(Json field, Field(object, name));
  if (!field.is_boolean()) return WrongType(name, "true or false");
  return field.get<bool>();
}

Result<Json> ListField(const Json& object, const char* name) {
  SALVOR_TRY(Json field, Field(object, name));
  if (!field.is_array()) return WrongType(name, "a list");
  return field;
}

Result<std::vector<std::string>> TextsField(const Json& object, const char* name) {
  SALVOR_TRY(const Json list, ListField(object, name));
  std::vector<std::string> texts;
  for (const Json& entry : list) {
    if (!entry.is_string()) return WrongType(name, "a list of texts");
    texts.push_back(entry.get<std::string>());
  }
  return texts;
}

Result<Json> ObjectField(const Json& object, const char* name) {
  SALVOR_TRY(Json field, Field(object, name));
  if (!field.is_object()) return WrongType(name, "an object");
  return field;
}

Result<Instant> InstantField(const Json& object, const char* name) {
  SALVOR_TRY(std::string text, TextField(object, name));
  auto instant = ParseInstant(text);
  if (!instant) return WrongType(name, "an instant");
  return *instant;
}

Result<std::optional<Instant>> OptionalInstantField(const Json& object, const char* name) {
  SALVOR_TRY(Json field, Field(object, name));
  if (field.is_null()) return std::optional<Instant>();
  SALVOR_TRY(Instant instant, InstantField(object, name));
  return std::optional<Instant>(instant);
}

Json OptionalInstant(const std::optional<Instant>& instant) {
  return instant ? Json(FormatInstant(*instant)) : Json(nullptr);
}

Json TallyToJson(const Tally& tally) {
  return {{"rows", tally.rows},
          {"bytes", tally.bytes},
          {"files", tally.files},
          {"uncounted", tally.uncounted}};
}

Result<Tally> TallyFromJson(const Json& json) {
  Tally tally;
  SALVOR_TRY(tally.rows, IntegerField(json, "rows"));
  SALVOR_TRY(tally.bytes, IntegerField(json, "bytes"));
  SALVOR_TRY(tally.files, IntegerField(json, "files"));
  SALVOR_TRY(tally.uncounted, IntegerField(json, "uncounted"));
  return tally;
}

Json ColumnsToJson(const std::vector<PartitionColumn>& columns) {
  Json list = Json::array();
  for (const PartitionColumn& column : columns) {
    list.push_back({{"name", column.name}, {"type", ColumnTypeName(column.type)}});
  }
  return list;
}

Result<std::vector<PartitionColumn>> ColumnsFromJson(const Json& json) {
  std::vector<PartitionColumn> columns;
  for (const Json& entry : json) {
    PartitionColumn column;
    SALVOR_TRY(column.name, TextField(entry, "name"));
    SALVOR_TRY(std::string type, TextField(entry, "type"));
    SALVOR_TRY(column.type, ParseColumnType(type));
    columns.push_back(std::move(column));
  }
  return columns;
}

Json IdentityToJson(const TableIdentity& table) {
  return {{"uri", table.uri}, {"name", table.name}, {"id", table.id}, {"engine", table.engine}};
}

Result<TableIdentity> IdentityFromJson(const Json& json) {
  TableIdentity table;
  SALVOR_TRY(table.uri, TextField(json, "uri"));
  SALVOR_TRY(table.name, TextField(json, "name"));
  SALVOR_TRY(table.id, TextField(json, "id"));
  SALVOR_TRY(table.engine, TextField(json, "engine"));
  return table;
}

}  // namespace salvor::model
