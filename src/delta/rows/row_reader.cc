#include "delta/rows/row_reader.h"

#include <memory>
#include <numeric>

#include "delta/rows/fingerprint.h"
#include "delta/rows/scan.h"

namespace salvor::delta {

namespace {

// Changes whenever the digest of the same rows would: then old and new digests
// do not compare.
constexpr std::string_view kAlgorithm = "salvor-1";

Result<std::string> AlgorithmName(Duck& duck) {
  SALVOR_TRY(std::string version, duck.Version());
  for (char& c : version) {
    if (c == ' ') c = '-';
  }
  return std::string(kAlgorithm) + "/" + version;
}

Status TakeDigests(duckdb_data_chunk chunk, const Scan& scan, std::vector<RowDigest>& digests) {
  const auto column = [&](idx_t i) {
    return duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, i));
  };
  const auto* files = static_cast<const uint64_t*>(column(0));
  const auto* rows = static_cast<const int64_t*>(column(1));
  const auto* sums = static_cast<const duckdb_hugeint*>(column(2));
  const auto* xors = static_cast<const uint64_t*>(column(3));
  for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk); ++i) {
    if (files[i] >= scan.readings.size()) {
      return Fail(Code::kInternal, "DuckDB numbers a file that was not asked for");
    }
    const Unsigned128 sum =
        Unsigned128{static_cast<uint64_t>(sums[i].upper)} << 64U | sums[i].lower;
    digests[scan.readings[files[i]]].Add({rows[i], sum, xors[i]});
  }
  return Done{};
}

Status DigestScan(const io::FsReader& fs, Duck& duck, const RowReadings& readings, const Scan& scan,
                  std::vector<RowDigest>& digests) {
  auto filter = std::make_shared<VectorFilter>();
  SALVOR_TRY(const uint64_t first, filter->Append(fs, readings, scan));
  SALVOR_TRY(const std::string source, ScanSource(readings, scan, first));
  duck.SetRowFilter(filter);
  const std::string sql = "SELECT f, count(*), sum(h), bit_xor(h) FROM (SELECT " +
                          scan.FileIndex() + " AS f, " + scan.RowHash() + " AS h FROM " + source +
                          ") GROUP BY f";
  Status streamed =
      duck.Stream(sql, [&](duckdb_data_chunk chunk) { return TakeDigests(chunk, scan, digests); });
  duck.SetRowFilter(nullptr);
  return streamed;
}

// What DuckDB says of pages that it cannot decode names no file: which of the scan's is it?
Error NameFile(const io::FsReader& fs, Duck& duck, const RowReadings& readings, const Scan& scan,
               Error why) {
  if (!why.where.empty() || why.code == Code::kUnavailable) return why;
  std::vector<RowDigest> ignored(readings.all.size());
  for (const size_t reading : scan.readings) {
    Scan alone = scan;
    alone.readings = {reading};
    const Status read = DigestScan(fs, duck, readings, alone, ignored);
    if (read) continue;
    Error error = read.error();
    if (error.where.empty()) error.where = readings.all[reading].path;
    return error;
  }
  return why;
}

}  // namespace

RowSet RowsIn(std::string root, const std::vector<AddFile>& files) {
  RowSet set{std::move(root), {}};
  set.files.reserve(files.size());
  for (const AddFile& file : files) set.files.push_back(&file);
  return set;
}

Rows::Rows(const io::FsReader& fs, Duck& duck, const TableHead& head)
    : fs_(fs), duck_(duck), head_(head) {}

Result<std::vector<model::Fingerprint>> Rows::Fingerprints(const std::vector<RowSet>& sets) {
  SALVOR_TRY(const std::string algorithm, AlgorithmName(duck_));
  SALVOR_TRY(const RowReadings readings, CollectReadings(fs_, head_, sets));
  std::vector<size_t> every(readings.all.size());
  std::iota(every.begin(), every.end(), size_t{0});
  std::vector<RowDigest> digests(readings.all.size());
  SALVOR_TRY(const auto scans, PlanScans(fs_, duck_, head_, readings, every));
  for (const Scan& scan : scans) {
    const Status read = DigestScan(fs_, duck_, readings, scan, digests);
    if (!read) return Fail(NameFile(fs_, duck_, readings, scan, read.error()));
  }
  std::vector<model::Fingerprint> fingerprints;
  for (const auto& uses : readings.of_set) {
    FingerprintBuilder builder;
    for (const ReadingUse& use : uses) builder.Add(use.key, digests[use.reading]);
    fingerprints.push_back(builder.Finish(algorithm));
  }
  return fingerprints;
}

}  // namespace salvor::delta
