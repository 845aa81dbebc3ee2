#include "testing/bigquery_server/store/partitioning.h"

#include <date/date.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

namespace {

using Kind = Partitioning::Kind;

struct KindName {
  Kind kind;
  std::string_view name;
  std::string_view duck_format;
  size_t digits;
};
constexpr std::array<KindName, 4> kTimeKinds = {{{Kind::kHour, "HOUR", "%Y%m%d%H", 10},
                                                 {Kind::kDay, "DAY", "%Y%m%d", 8},
                                                 {Kind::kMonth, "MONTH", "%Y%m", 6},
                                                 {Kind::kYear, "YEAR", "%Y", 4}}};

const KindName* NameOf(Kind kind) {
  for (const KindName& one : kTimeKinds) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

bool MayPartition(Kind kind, TypeKind type) {
  if (kind == Kind::kRange) return type == TypeKind::kInt64;
  if (type == TypeKind::kDate) return kind != Kind::kHour;
  return type == TypeKind::kTimestamp || type == TypeKind::kDatetime;
}

Status CheckColumn(const Partitioning& partitioning, const std::vector<Column>& columns) {
  if (partitioning.column.empty()) return Done{};
  const Column* column = FindColumn(columns, partitioning.column);
  if (column == nullptr) {
    return Refuse("invalid",
                  "The field specified for partitioning cannot be found in the schema: " +
                      partitioning.column);
  }
  if (MayPartition(partitioning.kind, column->field.type.kind)) return Done{};
  return Refuse("invalid", "The field " + partitioning.column +
                               " has a type that cannot be used for this partitioning");
}

Result<Partitioning> ParseTime(const Json& time) {
  SALVOR_OK(RefuseUnknown(time, {"type", "field", "expirationMs", "requirePartitionFilter"},
                          "timePartitioning"));
  Partitioning partitioning;
  const std::string type = TextAt(time, "type");
  for (const KindName& one : kTimeKinds) {
    if (one.name == type) partitioning.kind = one.kind;
  }
  if (partitioning.kind == Kind::kNone) {
    return Refuse("invalid", "Invalid value for timePartitioning.type: " + type);
  }
  partitioning.column = TextAt(time, "field");
  partitioning.expiration_ms = NumberAt(time, "expirationMs");
  if (partitioning.expiration_ms == 0) partitioning.expiration_ms.reset();
  return partitioning;
}

Result<Partitioning> ParseRange(const Json& range) {
  SALVOR_OK(RefuseUnknown(range, {"field", "range"}, "rangePartitioning"));
  Partitioning partitioning;
  partitioning.kind = Kind::kRange;
  partitioning.column = TextAt(range, "field");
  partitioning.start = NumberAt(range, "range.start").value_or(0);
  partitioning.end = NumberAt(range, "range.end").value_or(0);
  partitioning.interval = NumberAt(range, "range.interval").value_or(0);
  if (partitioning.column.empty() || partitioning.interval <= 0 ||
      partitioning.end <= partitioning.start) {
    return Refuse("invalid",
                  "Invalid value for rangePartitioning: field, start, end and interval "
                  "are needed, start before end");
  }
  return partitioning;
}

}  // namespace

bool Partitioning::SameAs(const Partitioning& other) const {
  return kind == other.kind && SameText(column, other.column) && start == other.start &&
         end == other.end && interval == other.interval;
}

Result<Partitioning> ParsePartitioning(const Json& resource, const std::vector<Column>& columns) {
  const Json* time = Find(resource, "timePartitioning");
  const Json* range = Find(resource, "rangePartitioning");
  if (time != nullptr && range != nullptr) {
    return Refuse("invalid", "Only one of timePartitioning and rangePartitioning may be given");
  }
  Partitioning partitioning;
  if (time != nullptr) {
    SALVOR_TRY(partitioning, ParseTime(*time));
  } else if (range != nullptr) {
    SALVOR_TRY(partitioning, ParseRange(*range));
  }
  SALVOR_OK(CheckColumn(partitioning, columns));
  return partitioning;
}

void FormatPartitioning(const Partitioning& partitioning, Json& resource) {
  resource.erase("timePartitioning");
  resource.erase("rangePartitioning");
  if (partitioning.kind == Kind::kNone) return;
  if (partitioning.kind == Kind::kRange) {
    resource["rangePartitioning"] = {{"field", partitioning.column},
                                     {"range",
                                      {{"start", std::to_string(partitioning.start)},
                                       {"end", std::to_string(partitioning.end)},
                                       {"interval", std::to_string(partitioning.interval)}}}};
    return;
  }
  Json& time = resource["timePartitioning"];
  time = {{"type", NameOf(partitioning.kind)->name}};
  if (!partitioning.column.empty()) time["field"] = partitioning.column;
  if (partitioning.expiration_ms)
    time["expirationMs"] = std::to_string(*partitioning.expiration_ms);
}

std::string PartitionIdSql(const Partitioning& partitioning, const std::string& value) {
  const std::string null_case = "CASE WHEN " + value + " IS NULL THEN '__NULL__' WHEN ";
  if (partitioning.kind == Kind::kRange) {
    const std::string start = std::to_string(partitioning.start);
    const std::string step = std::to_string(partitioning.interval);
    return null_case + value + " < " + start + " OR " + value +
           " >= " + std::to_string(partitioning.end) + " THEN '__UNPARTITIONED__' ELSE CAST(" +
           start + " + ((" + value + " - (" + start + ")) // " + step + ") * " + step +
           " AS VARCHAR) END";
  }
  const KindName* name = NameOf(partitioning.kind);
  if (name == nullptr) return "''";
  return null_case + value + " < DATE '1960-01-01' OR " + value +
         " >= DATE '2160-01-01' THEN '__UNPARTITIONED__' ELSE strftime(" + value + ", '" +
         std::string(name->duck_format) + "') END";
}

std::string PartitionIdOf(const Partitioning& partitioning, int64_t millis) {
  const KindName* name = NameOf(partitioning.kind);
  if (name == nullptr) return {};
  return date::format(std::string(name->duck_format),
                      std::chrono::floor<std::chrono::seconds>(InstantOfMillis(millis)));
}

Status CheckPartitionId(const Partitioning& partitioning, std::string_view id,
                        const std::string& table) {
  const auto wrong = [&](const std::string& why) {
    return Refuse("invalid", "Invalid partition id \"" + std::string(id) + "\" for table " + table +
                                 ": " + why);
  };
  if (partitioning.kind == Kind::kNone) {
    return wrong("cannot read or write partition information of a table that is not partitioned");
  }
  if (id == kNullPartition || id == kUnpartitioned) return Done{};
  if (partitioning.kind == Kind::kRange) {
    const auto start = ParseNumber(id);
    if (!start || *start < partitioning.start || *start >= partitioning.end ||
        (*start - partitioning.start) % partitioning.interval != 0) {
      return wrong("it starts no range of the table");
    }
    return Done{};
  }
  if (!PartitionStart(partitioning, id)) return wrong("it does not fit the table's granularity");
  return Done{};
}

std::optional<int64_t> PartitionStart(const Partitioning& partitioning, std::string_view id) {
  const KindName* name = NameOf(partitioning.kind);
  if (name == nullptr || id.size() != name->digits ||
      !std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  const auto part = [&](size_t from, size_t size, int otherwise) {
    if (id.size() < from + size) return otherwise;
    return static_cast<int>(ParseNumber(id.substr(from, size)).value_or(0));
  };
  const auto day = date::year{part(0, 4, 0)} / part(4, 2, 1) / part(6, 2, 1);
  const int hour = part(8, 2, 0);
  if (!day.ok() || hour > 23) return std::nullopt;
  return MillisOf(Instant(date::sys_days(day)) + std::chrono::hours(hour));
}

std::string DescribePartitioning(const Partitioning& partitioning,
                                 const std::vector<std::string>& clustering) {
  std::string text = "none";
  if (partitioning.kind == Kind::kRange) {
    text = "range(field:" + partitioning.column + ",start:" + std::to_string(partitioning.start) +
           ",end:" + std::to_string(partitioning.end) +
           ",interval:" + std::to_string(partitioning.interval) + ")";
  } else if (partitioning.kind != Kind::kNone) {
    text = "interval(type:" + LowerCase(NameOf(partitioning.kind)->name);
    if (!partitioning.column.empty()) text += ",field:" + partitioning.column;
    text += ")";
  }
  if (clustering.empty()) return text;
  text += " clustering(";
  for (const std::string& column : clustering) {
    if (text.back() != '(') text += ",";
    text += column;
  }
  return text + ")";
}

}  // namespace salvor::testing::bigquery
