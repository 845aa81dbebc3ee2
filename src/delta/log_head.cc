#include "delta/log_head.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "delta/log_features.h"
#include "delta/log_json.h"

namespace salvor::delta {
namespace {

using model::ColumnType;
using nlohmann::json;

struct TypeName {
  std::string_view name;
  ColumnType type;
};
constexpr std::array<TypeName, 12> kPrimitives = {{{"string", ColumnType::kString},
                                                   {"long", ColumnType::kInteger},
                                                   {"integer", ColumnType::kInteger},
                                                   {"short", ColumnType::kInteger},
                                                   {"byte", ColumnType::kInteger},
                                                   {"float", ColumnType::kFloat},
                                                   {"double", ColumnType::kFloat},
                                                   {"boolean", ColumnType::kBoolean},
                                                   {"binary", ColumnType::kBinary},
                                                   {"date", ColumnType::kDate},
                                                   {"timestamp", ColumnType::kTimestamp},
                                                   {"timestamp_ntz", ColumnType::kTimestampNtz}}};

Result<ColumnType> TypeOf(const json& field, const std::string& name) {
  const auto type = field.find("type");
  if (type != field.end() && type->is_string()) {
    const std::string& text = type->get_ref<const std::string&>();
    for (const TypeName& known : kPrimitives)
      if (known.name == text) return known.type;
    if (text.rfind("decimal", 0) == 0) return ColumnType::kDecimal;
    if (text.rfind("varchar", 0) == 0 || text.rfind("char", 0) == 0 ||
        text.rfind("string ", 0) == 0)
      return ColumnType::kString;
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

Status ReadColumns(Head& head) {
  if (head.metadata.partition_columns.empty()) return Done{};
  SALVOR_TRY(const json schema, ParseJsonObject(head.metadata.schema));
  const auto fields = schema.find("fields");
  if (fields == schema.end() || !fields->is_array())
    return Fail(Code::kCorrupt, "the table's schema has no fields");
  const std::string mode = head.metadata.Property("delta.columnMapping.mode").value_or("none");
  for (const std::string& name : head.metadata.partition_columns) {
    SALVOR_TRY(const json* field, FieldOf(*fields, name));
    SALVOR_TRY(const ColumnType type, TypeOf(*field, name));
    std::string physical = name;
    if (mode != "none") {
      SALVOR_TRY(const json* extra, ObjectMember(*field, "metadata"));
      if (extra != nullptr) {
        SALVOR_TRY(std::optional<std::string> mapped,
                   TextMember(*extra, "delta.columnMapping.physicalName"));
        if (mapped) physical = std::move(*mapped);
      }
    }
    head.columns.push_back({name, type});
    head.physical_partition_columns.push_back(std::move(physical));
  }
  return Done{};
}

}  // namespace

Result<Head> MakeHead(int64_t version, Instant at, json protocol, json metadata) {
  Head head;
  head.version = version;
  head.at = at;
  SALVOR_TRY(head.protocol, ParseProtocol(std::move(protocol)));
  SALVOR_TRY(head.metadata, ParseMetadata(std::move(metadata)));
  SALVOR_OK(JudgeReading(head.protocol, head.metadata));
  SALVOR_OK(ReadColumns(head));
  return head;
}

bool SamePartitioning(const Head& a, const Head& b) {
  const auto same = [&](auto equal) {
    return std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                      equal);
  };
  if (!same([](const auto& x, const auto& y) { return x.type == y.type; })) return false;
  // A renamed column keeps its physical name; switching column mapping off keeps the logical one.
  return a.physical_partition_columns == b.physical_partition_columns ||
         same([](const auto& x, const auto& y) { return x.name == y.name; });
}

Result<Millis> DurationProperty(const Metadata& metadata, const std::string& name,
                                Millis otherwise) {
  const std::optional<std::string> text = metadata.Property(name);
  if (!text) return otherwise;
  auto span = ParseInterval(*text);
  if (!span) return Fail(std::move(span).error().At("table property " + name));
  return *span;
}

}  // namespace salvor::delta
