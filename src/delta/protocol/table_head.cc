#include "delta/protocol/table_head.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "delta/protocol/json.h"
#include "delta/protocol/schema.h"
#include "delta/protocol/table_features.h"

namespace salvor::delta {
namespace {

using model::ColumnType;
using nlohmann::json;

struct TypeName {
  std::string_view name;
  PartitionType type;
};
constexpr std::array<TypeName, 12> kPrimitives = {
    {{"string", {.type = ColumnType::kString}},
     {"long", {.type = ColumnType::kInteger, .bits = 64}},
     {"integer", {.type = ColumnType::kInteger, .bits = 32}},
     {"short", {.type = ColumnType::kInteger, .bits = 16}},
     {"byte", {.type = ColumnType::kInteger, .bits = 8}},
     {"float", {.type = ColumnType::kFloat, .bits = 32}},
     {"double", {.type = ColumnType::kFloat, .bits = 64}},
     {"boolean", {.type = ColumnType::kBoolean}},
     {"binary", {.type = ColumnType::kBinary}},
     {"date", {.type = ColumnType::kDate}},
     {"timestamp", {.type = ColumnType::kTimestamp}},
     {"timestamp_ntz", {.type = ColumnType::kTimestampNtz}}}};

Result<PartitionType> TypeOf(const json& field, const std::string& name) {
  const auto type = field.find("type");
  if (type != field.end() && type->is_string()) {
    const std::string& text = type->get_ref<const std::string&>();
    for (const TypeName& known : kPrimitives)
      if (known.name == text) return known.type;
    SALVOR_TRY(const std::optional<DecimalShape> shape, ParseDecimal(text));
    if (shape)
      return PartitionType{
          .type = ColumnType::kDecimal, .precision = shape->precision, .scale = shape->scale};
    if (text.rfind("varchar", 0) == 0 || text.rfind("char", 0) == 0 ||
        text.rfind("string ", 0) == 0)
      return PartitionType{.type = ColumnType::kString};
  }
  return Fail(Code::kUnsupported,
              "partition column '" + name + "' has a type that salvor does not know");
}

bool SameWithoutCase(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

Result<const json*> FieldOf(const json& fields, const std::string& name) {
  const json* found = nullptr;
  for (const json& field : fields) {
    const auto own = TextMember(field, "name");
    if (!own || !*own) continue;
    if (**own == name) return &field;
    if (SameWithoutCase(**own, name)) found = &field;
  }
  if (found != nullptr) return found;
  return Fail(Code::kCorrupt, "partition column '" + name + "' is not in the table's schema");
}

Status ReadColumns(TableHead& head) {
  if (head.metadata.partition_columns.empty()) return Done{};
  SALVOR_TRY(const json schema, ParseJsonObject(head.metadata.schema));
  const auto fields = schema.find("fields");
  if (fields == schema.end() || !fields->is_array())
    return Fail(Code::kCorrupt, "the table's schema has no fields");
  const std::string mode = head.metadata.Property("delta.columnMapping.mode").value_or("none");
  for (const std::string& name : head.metadata.partition_columns) {
    SALVOR_TRY(const json* field, FieldOf(*fields, name));
    SALVOR_TRY(const PartitionType type, TypeOf(*field, name));
    std::string physical = name;
    if (mode != "none") {
      SALVOR_TRY(const json* extra, ObjectMember(*field, "metadata"));
      if (extra != nullptr) {
        SALVOR_TRY(std::optional<std::string> mapped,
                   TextMember(*extra, "delta.columnMapping.physicalName"));
        if (mapped) physical = std::move(*mapped);
      }
    }
    head.columns.push_back({name, type.type});
    head.partition_types.push_back(type);
    head.physical_partition_columns.push_back(std::move(physical));
  }
  return Done{};
}

}  // namespace

Result<TableHead> MakeTableHead(int64_t version, Instant at, json protocol, json metadata) {
  TableHead head;
  head.version = version;
  head.at = at;
  SALVOR_TRY(head.protocol, ParseProtocol(std::move(protocol)));
  SALVOR_TRY(head.metadata, ParseMetadata(std::move(metadata)));
  SALVOR_OK(CheckReadable(head.protocol, head.metadata));
  SALVOR_OK(ReadColumns(head));
  return head;
}

bool SamePartitioning(const TableHead& a, const TableHead& b) {
  const auto same = [&](auto equal) {
    return std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                      equal);
  };
  if (!same([](const auto& x, const auto& y) { return x.type == y.type; })) return false;
  // A renamed column keeps its physical name; switching column mapping off keeps the logical one.
  return a.physical_partition_columns == b.physical_partition_columns ||
         same([](const auto& x, const auto& y) { return x.name == y.name; });
}

}  // namespace salvor::delta
