// The lines of a log, each parsed once and down to what decisions need: some 70 bytes a
// file. The whole action is read again later, by its place, where somebody wants the file itself.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/log/disk_files.h"
#include "delta/log/partition_values.h"
#include "delta/protocol/action.h"
#include "delta/protocol/file_key.h"

namespace salvor::delta {

inline constexpr int64_t kUnknownRecords = -1;

struct FileAction {
  FileKey key;
  int64_t size = 0;
  int64_t records = kUnknownRecords;  // of the file, without regard to the vector
  int64_t cardinality = 0;            // of the vector
  int64_t deletion_timestamp = 0;     // of a remove; absent counts as 0
  int64_t place = 0;                  // the line's offset in its file; of a checkpoint, its row
  uint32_t values_id = 0;             // of an add's partition values
  bool is_add = false;
  bool data_change = true;
  bool bad_size = false;    // none, or not above 0: `size` is 0
  bool bad_vector = false;  // deletes more rows than are counted: they are taken as uncounted
};

// An add without numRecords, or whose numbers leave no row: what a log says of rows is a claim, and
// nothing is called empty for it. Its rows must be counted from its footer.
struct UncountedAdd {
  size_t index = 0;  // into ScannedLines::files
  std::string path;  // as the log spells it
};

// An action whose path is spelled in another way than plainly (path_spelling.h): its file as those
// see it that compare otherwise.
struct OddPath {
  size_t index = 0;  // into ScannedLines::files
  FileKey spark;
  FileKey folded;
  FileKey file;
  std::string path;   // as the log spells it
  std::string plain;  // the file's plain spelling
  bool is_uri = true;
};

// An action whose key does not tell where its file lies: the path is not spelled plainly, or it has
// a vector.
struct PlacedFile {
  size_t index = 0;  // into ScannedLines::files
  DiskPlace data;
  DiskPlace vector;
  int64_t vector_end = 0;        // in its file
  std::optional<FileKey> whole;  // of one with a vector: the key of its path without
};

// The vector of a file action; nothing of both where it has none.
struct LoggedVector {
  std::string id;
  DiskPlace place;
  int64_t end = 0;  // in its file
};

// What was read from a run of lines.
struct ScannedLines {
  std::vector<FileAction> files;
  std::vector<OddPath> odd;  // by index
  std::vector<UncountedAdd> uncounted;
  std::vector<PlacedFile> placed;  // by index
  std::optional<nlohmann::json> protocol;
  std::optional<nlohmann::json> metadata;
  std::string twice;               // "metaData" or "protocol" where they hold it twice, differing
  std::optional<CommitInfo> info;  // without `raw`
  bool by_salvor = false;          // a txn of salvor's is among them

  void Clear();
};

// numRecords of a stats text; kUnknownRecords where it has none or is no JSON.
int64_t RecordsOfStats(std::string_view stats);
// Appends the action, whose path the log spells so; its key is filled in.
void TakeFile(const std::string& table_root, std::string_view path, const LoggedVector& vector,
              FileAction file, ScannedLines& into);

// One per thread.
class LineScanner {
 public:
  LineScanner(std::string table_root, PartitionValuesPool& pool);
  ~LineScanner();
  LineScanner(const LineScanner&) = delete;
  LineScanner& operator=(const LineScanner&) = delete;

  // Bytes that must be readable after the text that Scan is given.
  static constexpr size_t kPadding = 64;

  // Scans whole lines; the last one may lack its line end. `offset` is that of text[0] in its file.
  // An error is kCorrupt (or kUnsupported), and `bad_offset` then says where its line starts.
  Status Scan(std::string_view text, int64_t offset, ScannedLines& into, int64_t& bad_offset);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// Every txn.appId of salvor's begins with this (model::OperationKey's callers put it into
// txn.appId).
inline constexpr std::string_view kSalvorAppPrefix = "salvor-";

}  // namespace salvor::delta
