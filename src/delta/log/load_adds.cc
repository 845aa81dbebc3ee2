#include "delta/log/load_adds.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "delta/log/checkpoint.h"
#include "delta/log/checkpoint_adds.h"
#include "delta/log/essential_adds.h"
#include "delta/log/line_reader.h"
#include "delta/protocol/json.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

// More rows than this are picked out of a scan of the whole file; fewer are named in the statement.
constexpr size_t kNamedRows = 20'000;

struct Wanted {
  int64_t place = 0;
  size_t index = 0;  // into the result
};

Status TakeAdd(const json& object, const std::string& where, AddDetail detail, AddFile& into) {
  auto add = ParseAdd(object, detail);
  if (!add) return Fail(std::move(add).error().At(where));
  into = std::move(*add);
  return Done{};
}

Status LoadFromJson(const TableFiles& fs, const LogSource& source,
                    const std::vector<Wanted>& wanted, AddDetail detail,
                    std::vector<AddFile>& adds) {
  SALVOR_TRY(LineSeeker lines, LineSeeker::Open(fs, source.path));
  EssentialsReader essentials;
  for (const Wanted& one : wanted) {
    SALVOR_TRY(const std::string_view line, lines.At(one.place));
    AddFile& add = adds[one.index];
    if (detail == AddDetail::kEssential && essentials.OfLine(line, add)) continue;
    auto action = ParseJsonObject(line);
    if (!action) return Fail(std::move(action).error().At(source.path));
    const auto object = action->find("add");
    if (object == action->end())
      return Fail(Code::kCorrupt, "the log changed while it was read", source.path);
    SALVOR_OK(TakeAdd(*object, source.path, detail, add));
  }
  return Done{};
}

// The add's own fields but for what was parsed out of others, as one JSON text.
std::string AddExpression(const CheckpointFile& file) {
  const std::string prefix = "add.";
  std::string fields;
  for (const std::string& column : file.columns) {
    if (column.rfind(prefix, 0) != 0) continue;
    const std::string name = column.substr(prefix.size());
    if (name.find('.') != std::string::npos || name == "stats_parsed" ||
        name == "partitionValues_parsed")
      continue;
    fields += (fields.empty() ? "" : ", ") + QuoteIdentifier(name) + " := \"add\"." +
              QuoteIdentifier(name);
  }
  return "CAST(to_json(struct_pack(" + fields + ")) AS VARCHAR)";
}

std::string StatsExpression(const CheckpointFile& file) {
  if (!file.columns.contains("add.stats_parsed.numRecords")) return "CAST(NULL AS VARCHAR)";
  const std::string parsed = "CAST(to_json(\"add\".stats_parsed) AS VARCHAR)";
  if (!file.columns.contains("add.stats")) return parsed;
  return "CASE WHEN \"add\".stats IS NULL THEN " + parsed + " END";
}

std::string RowFilter(const std::vector<Wanted>& wanted) {
  if (wanted.size() > kNamedRows) return "\"add\".path IS NOT NULL";
  std::string list;
  for (const Wanted& one : wanted) list += (list.empty() ? "" : ", ") + std::to_string(one.place);
  return "file_row_number IN (SELECT unnest(CAST([" + list + "] AS BIGINT[])))";
}

const json* FieldByPhysicalName(const json& fields, const std::string& name) {
  if (!fields.is_array()) return nullptr;
  for (const json& field : fields) {
    if (!field.is_object()) continue;
    const auto own = TextMember(field, "name");
    const auto extra = ObjectMember(field, "metadata");
    if (extra && *extra != nullptr) {
      const auto physical = TextMember(**extra, "delta.columnMapping.physicalName");
      if (physical && *physical && **physical == name) return &field;
    }
    if (own && *own == name) return &field;
  }
  return nullptr;
}

// Bounds of the fields whose spelling is the same in DuckDB's JSON and in stats.
json PlainBounds(const json& bounds, const json& fields) {
  json plain = json::object();
  if (!bounds.is_object()) return plain;
  for (const auto& [name, bound] : bounds.items()) {
    const json* field = FieldByPhysicalName(fields, name);
    if (field == nullptr || bound.is_null()) continue;
    const auto type = field->find("type");
    if (type == field->end()) continue;
    if (type->is_object()) {
      const auto inner = type->find("fields");
      if (inner != type->end() && bound.is_object()) plain[name] = PlainBounds(bound, *inner);
    } else if (bound.is_number() || *type == "string" || *type == "date") {
      plain[name] = bound;
    }
  }
  return plain;
}

// The stats text of a file from its stats_parsed, as to_json spells that: counts, and the bounds of
// the types that are spelled the same in both. A bound that is left out costs speed, a wrong one
// rows.
json StatsFromParsed(const json& parsed, const std::string& schema) {
  json stats = json::object();
  for (const char* name : {"numRecords", "tightBounds"}) {
    const auto member = parsed.find(name);
    if (member != parsed.end() && !member->is_null()) stats[name] = *member;
  }
  if (const auto nulls = parsed.find("nullCount"); nulls != parsed.end() && nulls->is_object())
    stats["nullCount"] = WithoutNulls(*nulls);
  const auto types = ParseJsonObject(schema);
  const auto fields = types ? types->find("fields") : json::const_iterator();
  if (!types || fields == types->end()) return stats;
  for (const char* name : {"minValues", "maxValues"})
    if (const auto bounds = parsed.find(name); bounds != parsed.end())
      stats[name] = PlainBounds(*bounds, *fields);
  return stats;
}

tl::unexpected<Error> Changed(const CheckpointFile& file) {
  return Fail(Code::kCorrupt, "the checkpoint changed while it was read", file.path);
}

Status LoadFromParquet(Duck& duck, const TableHead& head, const CheckpointFile& file,
                       const std::vector<Wanted>& wanted, std::vector<AddFile>& adds) {
  std::unordered_map<int64_t, std::vector<size_t>> indices;
  for (const Wanted& one : wanted) indices[one.place].push_back(one.index);
  size_t found = 0;
  const std::string sql = "SELECT CAST(file_row_number AS BIGINT), " + AddExpression(file) + ", " +
                          StatsExpression(file) + " FROM read_parquet(" + file.quoted +
                          ", file_row_number = true) WHERE " + RowFilter(wanted);
  const Status streamed = duck.Stream(sql, [&](duckdb_data_chunk chunk) -> Status {
    duckdb_vector rows = duckdb_data_chunk_get_vector(chunk, 0);
    duckdb_vector texts = duckdb_data_chunk_get_vector(chunk, 1);
    duckdb_vector stats = duckdb_data_chunk_get_vector(chunk, 2);
    const auto* numbers = static_cast<const int64_t*>(duckdb_vector_get_data(rows));
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk); ++i) {
      const auto at = indices.find(numbers[i]);
      if (at == indices.end() || IsNull(texts, i)) continue;
      SALVOR_TRY(json object, ParseJsonObject(TextAt(texts, i)));
      object = WithoutNulls(std::move(object));
      if (!IsNull(stats, i)) {
        SALVOR_TRY(const json parsed, ParseJsonObject(TextAt(stats, i)));
        object["stats"] = StatsFromParsed(parsed, head.metadata.schema).dump();
      }
      for (const size_t index : at->second) {
        SALVOR_OK(TakeAdd(object, file.path, AddDetail::kWhole, adds[index]));
        ++found;
      }
    }
    return Done{};
  });
  if (!streamed) return Fail(Error(streamed.error()).At(file.path));
  if (found != wanted.size()) return Changed(file);
  return Done{};
}

// Without their JSON, which takes ten times as long.
Status LoadEssentials(Duck& duck, const CheckpointFile& file, const std::vector<Wanted>& wanted,
                      std::vector<AddFile>& adds) {
  std::vector<const Wanted*> by_place;
  by_place.reserve(wanted.size());
  for (const Wanted& one : wanted) by_place.push_back(&one);  // in order of their places already
  std::atomic<size_t> found{0};
  SALVOR_OK(StreamEssentialAdds(
      duck, file, RowFilter(wanted), [&](int64_t row, const MakeEssentialAdd& make) -> Status {
        auto at =
            std::lower_bound(by_place.begin(), by_place.end(), row,
                             [](const Wanted* one, int64_t place) { return one->place < place; });
        for (; at != by_place.end() && (*at)->place == row; ++at) {
          SALVOR_TRY(adds[(*at)->index], make());
          ++found;
        }
        return Done{};
      }));
  if (found != wanted.size()) return Changed(file);
  return Done{};
}

}  // namespace

Result<std::vector<AddFile>> LoadAdds(const TableFiles& fs, Duck& duck, const TableHead& head,
                                      const std::vector<LogSource>& sources,
                                      const std::vector<Place>& places, AddDetail detail) {
  std::vector<AddFile> adds(places.size());
  std::vector<size_t> order(places.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&places](size_t a, size_t b) {
    return std::tie(places[a].source, places[a].place) <
           std::tie(places[b].source, places[b].place);
  });
  for (size_t begin = 0; begin < order.size();) {
    const uint32_t number = places[order[begin]].source;
    std::vector<Wanted> wanted;
    size_t end = begin;
    for (; end < order.size() && places[order[end]].source == number; ++end)
      wanted.push_back({places[order[end]].place, order[end]});
    const LogSource& source = sources[number];
    begin = end;
    if (!source.parquet) {
      SALVOR_OK(LoadFromJson(fs, source, wanted, detail, adds));
      continue;
    }
    SALVOR_TRY(const CheckpointFile file, DescribeCheckpointFile(fs, duck, source.path));
    SALVOR_OK(detail == AddDetail::kWhole ? LoadFromParquet(duck, head, file, wanted, adds)
                                          : LoadEssentials(duck, file, wanted, adds));
  }
  return adds;
}

}  // namespace salvor::delta
