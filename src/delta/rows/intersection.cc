// The exact intersection of two multisets of rows.

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <utility>

#include "delta/parquet/footer_rows.h"
#include "delta/rows/fingerprint.h"
#include "delta/rows/row_reader.h"
#include "delta/rows/scan.h"

namespace salvor::delta {

namespace {

// Grouping rows takes several times what they take in files; a pass has only
// the rows whose hash falls into its share. If memory still does not suffice,
// there are more passes.
constexpr int64_t kBytesForOnePass = int64_t{16} << 20U;
constexpr int64_t kMaxPasses = 4096;

using Side = std::vector<size_t>;  // readings

struct Sides {
  Side a;
  Side b;
};

Result<int64_t> NumberIn(const std::vector<Duck::Row>& rows) {
  int64_t number = 0;
  if (rows.size() != 1 || !rows[0][0]) return Fail(Code::kInternal, "a count without a number");
  const std::string& text = *rows[0][0];
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc()) return Fail(Code::kInternal, "a count of " + text);
  return number;
}

// One partition's rows on both sides.
class Intersection {
 public:
  Intersection(const io::FsReader& fs, Duck& duck, const TableHead& head,
               const RowReadings& readings)
      : fs_(fs), duck_(duck), head_(head), readings_(readings) {}

  Result<int64_t> Count(const Sides& sides) {
    filter_ = std::make_shared<VectorFilter>();
    SALVOR_TRY(const auto scans_a, PlanScans(fs_, duck_, head_, readings_, sides.a));
    SALVOR_TRY(const auto scans_b, PlanScans(fs_, duck_, head_, readings_, sides.b));
    std::vector<std::string> parts;
    SALVOR_OK(AppendParts(scans_a, "0", parts));
    SALVOR_OK(AppendParts(scans_b, "1", parts));
    columns_ = scans_a.empty() ? 0 : scans_a[0].identity.size();
    duck_.SetRowFilter(filter_);
    auto counted = CountInPasses(parts, 1 + Bytes(sides) / kBytesForOnePass);
    duck_.SetRowFilter(nullptr);
    return counted;
  }

 private:
  [[nodiscard]] int64_t Bytes(const Sides& sides) const {
    int64_t bytes = 0;
    for (const Side* side : {&sides.a, &sides.b}) {
      for (const size_t reading : *side)
        bytes += std::max<int64_t>(0, readings_.all[reading].file->size);
    }
    return bytes;
  }

  // "SELECT side, h, columns FROM …" of each scan.
  Status AppendParts(const std::vector<Scan>& scans, const std::string& side,
                     std::vector<std::string>& parts) {
    for (const Scan& scan : scans) {
      SALVOR_TRY(const uint64_t first, filter_->Append(fs_, readings_, scan));
      SALVOR_TRY(const std::string source, ScanSource(readings_, scan, first));
      std::string columns;
      for (size_t i = 0; i < scan.identity.size(); ++i) {
        columns.append(", ").append(scan.identity[i]).append(" AS c").append(std::to_string(i));
      }
      std::string part = "SELECT ";
      part.append(side).append(" AS side, ").append(scan.RowHash()).append(" AS h");
      part.append(columns).append(" FROM ").append(source);
      parts.push_back(std::move(part));
    }
    return Done{};
  }

  Result<int64_t> CountInPasses(const std::vector<std::string>& parts, int64_t passes) {
    std::string rows;
    for (const std::string& part : parts) rows += (rows.empty() ? "" : " UNION ALL ") + part;
    std::string columns = "h";
    for (size_t i = 0; i < columns_; ++i) columns.append(", c").append(std::to_string(i));
    passes = std::min(passes, kMaxPasses);
    int64_t pass = 0;
    int64_t total = 0;
    while (pass < passes) {
      std::string sql =
          "SELECT CAST(coalesce(sum(least(a, b)), 0) AS BIGINT) FROM (SELECT "
          "count(*) FILTER (WHERE side = 0) AS a, count(*) FILTER (WHERE side = 1) AS b FROM (";
      sql.append(rows).append(") WHERE h % ").append(std::to_string(passes)).append(" = ");
      sql.append(std::to_string(pass)).append(" GROUP BY ").append(columns).append(")");
      auto counted = duck_.Rows(sql);
      if (counted) {
        SALVOR_TRY(const int64_t common, NumberIn(*counted));
        total += common;
        ++pass;
        continue;
      }
      const bool memory = counted.error().what.find("Out of Memory") != std::string::npos;
      if (!memory || passes >= kMaxPasses) return Fail(std::move(counted).error());
      // A class modulo n is two classes modulo 2n, so what is counted cannot be
      // kept: start anew.
      passes *= 4;
      pass = 0;
      total = 0;
    }
    return total;
  }

  const io::FsReader& fs_;
  Duck& duck_;
  const TableHead& head_;
  const RowReadings& readings_;
  std::shared_ptr<VectorFilter> filter_;
  size_t columns_ = 0;
};

// The rows of files that both sides have: min(n + a, n + b) = n + min(a, b), so
// they need no comparing.
Result<int64_t> LiveRows(const io::FsReader& fs, const RowReadings& readings, const Side& shared) {
  std::vector<std::string> paths;
  for (const size_t reading : shared) paths.push_back(readings.all[reading].path);
  SALVOR_TRY(const auto counts, CountAllFooterRows(fs, paths));
  int64_t rows = 0;
  for (size_t i = 0; i < shared.size(); ++i) {
    const Reading& reading = readings.all[shared[i]];
    if (!counts[i]) return Fail(Code::kNotFound, "a file of the table is gone", reading.path);
    rows += *counts[i];
    if (!reading.file->deletion_vector) continue;
    SALVOR_TRY(const DeletedRows deleted,
               LoadDeletedRows(fs, reading.root, *reading.file->deletion_vector, true));
    if (deleted.End() > static_cast<uint64_t>(*counts[i])) {
      return Fail(Code::kCorrupt, "a deletion vector names rows beyond its file's end",
                  reading.path, "Bring the vector's file back from a backup");
    }
    rows -= static_cast<int64_t>(deleted.Count());
  }
  return rows;
}

}  // namespace

Result<int64_t> Rows::CommonRows(const RowSet& a, const RowSet& b) {
  SALVOR_TRY(const RowReadings readings, CollectReadings(fs_, head_, {a, b}));
  // Rows of different partitions have nothing in common.
  std::map<std::string, Sides> partitions;
  for (const ReadingUse& use : readings.of_set[0])
    partitions[KeyText(use.key)].a.push_back(use.reading);
  for (const ReadingUse& use : readings.of_set[1])
    partitions[KeyText(use.key)].b.push_back(use.reading);
  Side shared;
  int64_t common = 0;
  Intersection intersection(fs_, duck_, head_, readings);
  for (auto& [_, sides] : partitions) {
    std::sort(sides.a.begin(), sides.a.end());
    std::sort(sides.b.begin(), sides.b.end());
    Sides rest;
    std::set_intersection(sides.a.begin(), sides.a.end(), sides.b.begin(), sides.b.end(),
                          std::back_inserter(shared));
    std::set_difference(sides.a.begin(), sides.a.end(), sides.b.begin(), sides.b.end(),
                        std::back_inserter(rest.a));
    std::set_difference(sides.b.begin(), sides.b.end(), sides.a.begin(), sides.a.end(),
                        std::back_inserter(rest.b));
    if (rest.a.empty() || rest.b.empty()) continue;
    SALVOR_TRY(const int64_t counted, intersection.Count(rest));
    common += counted;
  }
  SALVOR_TRY(const int64_t unread, LiveRows(fs_, readings, shared));
  return common + unread;
}

}  // namespace salvor::delta
