#include "delta/rows/scan.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/strings.h"
#include "delta/protocol/schema.h"
#include "delta/rows/file_schema.h"
#include "delta/rows/row_identity.h"

namespace salvor::delta {

namespace {

// DuckDB holds some tens of kilobytes for each file of a statement.
constexpr size_t kMaxFiles = 1000;
// Vectors are held as long as their statement runs.
constexpr int64_t kMaxVectorBytes = int64_t{64} << 20U;

int64_t VectorBytes(const Reading& reading) {
  return reading.file->deletion_vector ? reading.file->deletion_vector->size_in_bytes : 0;
}

bool HasColumn(const FileSchema& schema, std::string_view name) {
  return std::any_of(schema.columns.begin(), schema.columns.end(),
                     [&](const FileColumn& column) { return LowerCase(column.name) == name; });
}

// Cuts the readings of one schema into scans that are not too large.
class ScanCutter {
 public:
  ScanCutter(const RowReadings& readings, Scan empty)
      : readings_(readings), empty_(std::move(empty)), scan_(empty_) {}

  void Add(size_t reading) {
    const int64_t bytes = VectorBytes(readings_.all[reading]);
    const bool full = scan_.readings.size() >= (empty_.hides_index ? 1 : kMaxFiles) ||
                      bytes_ + bytes > kMaxVectorBytes;
    if (full && !scan_.readings.empty()) Cut();
    scan_.readings.push_back(reading);
    bytes_ += bytes;
  }

  std::vector<Scan> Finish() {
    if (!scan_.readings.empty()) Cut();
    return std::move(scans_);
  }

 private:
  void Cut() {
    scans_.push_back(std::exchange(scan_, empty_));
    bytes_ = 0;
  }

  const RowReadings& readings_;
  const Scan empty_;
  Scan scan_;
  int64_t bytes_ = 0;
  std::vector<Scan> scans_;
};

Result<Scan> EmptyScan(const TableHead& head, const Schema& schema, const FileSchema& file,
                       bool has_vectors, const std::string& path) {
  Scan scan;
  auto identity = IdentityExpressions(schema, head.metadata.partition_columns, file);
  if (!identity) return Fail(std::move(identity.error()).At(path));
  scan.identity = std::move(*identity);
  scan.has_vectors = has_vectors;
  scan.hides_index = HasColumn(file, "file_index");
  if (has_vectors && HasColumn(file, "file_row_number")) {
    return Fail(Code::kUnsupported,
                "a column called file_row_number in a file with a deletion vector", path,
                "Rename the column");
  }
  return scan;
}

}  // namespace

std::string Scan::RowHash() const {
  return "hash(hash(" + (identity.empty() ? "0" : Join(identity, ", ")) + "))";
}

std::string Scan::FileIndex() const { return hides_index ? "CAST(0 AS UBIGINT)" : "file_index"; }

Result<std::vector<Scan>> PlanScans(const io::FsReader& fs, Duck& duck, const TableHead& head,
                                    const RowReadings& readings,
                                    const std::vector<size_t>& wanted) {
  // A table without files may have a schema that nobody could read; there is nothing to read by it.
  if (wanted.empty()) return std::vector<Scan>();
  SALVOR_TRY(const Schema schema, ParseSchema(head.metadata));
  // One inode may be read with several vectors; its footer is read once for
  // each path.
  std::map<std::string, size_t> place_of;
  std::vector<std::string> paths;
  for (const size_t reading : wanted) {
    const std::string& path = readings.all[reading].path;
    if (place_of.emplace(path, paths.size()).second) paths.push_back(path);
  }
  SALVOR_TRY(const FileSchemas files, ReadFileSchemas(fs, duck, paths));
  std::map<std::pair<size_t, bool>, ScanCutter> cutters;
  for (const size_t reading : wanted) {
    const Reading& one = readings.all[reading];
    const size_t file_schema = files.of_file[place_of.at(one.path)];
    const bool has_vector = one.file->deletion_vector != nullptr;
    auto cutter = cutters.find({file_schema, has_vector});
    if (cutter == cutters.end()) {
      SALVOR_TRY(Scan empty,
                 EmptyScan(head, schema, files.schemas[file_schema], has_vector, one.path));
      cutter =
          cutters
              .emplace(std::piecewise_construct, std::forward_as_tuple(file_schema, has_vector),
                       std::forward_as_tuple(readings, std::move(empty)))
              .first;
    }
    cutter->second.Add(reading);
  }
  std::vector<Scan> scans;
  for (auto& [_, cutter] : cutters) {
    std::vector<Scan> cut = cutter.Finish();
    std::move(cut.begin(), cut.end(), std::back_inserter(scans));
  }
  return scans;
}

Result<std::string> ScanSource(const RowReadings& readings, const Scan& scan, uint64_t first) {
  std::vector<std::string> paths;
  for (const size_t reading : scan.readings) paths.push_back(readings.all[reading].path);
  SALVOR_TRY(const std::string files, QuoteFiles(paths));
  std::string source = "read_parquet(" + files + ", hive_partitioning = false)";
  if (!scan.has_vectors) return source;
  return source + " WHERE salvor_keeps(" + scan.FileIndex() + " + CAST(" + std::to_string(first) +
         " AS UBIGINT), file_row_number)";
}

Result<uint64_t> VectorFilter::Append(const io::FsReader& fs, const RowReadings& readings,
                                      const Scan& scan) {
  const uint64_t first = vectors_.size();
  if (!scan.has_vectors) return first;
  for (const size_t place : scan.readings) {
    const Reading& reading = readings.all[place];
    SALVOR_TRY(DeletedRows rows,
               LoadDeletedRows(fs, reading.root, *reading.file->deletion_vector, true));
    vectors_.push_back(std::move(rows));
  }
  return first;
}

void VectorFilter::Judge(const uint64_t* files, const int64_t* rows, size_t count,
                         bool* keeps) const {
  for (size_t i = 0; i < count; ++i) {
    keeps[i] =
        files[i] >= vectors_.size() || !vectors_[files[i]].Contains(static_cast<uint64_t>(rows[i]));
  }
}

}  // namespace salvor::delta
