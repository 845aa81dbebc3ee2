// The mass of a log's lines, each parsed once and down to what deciding needs: some 70 bytes a
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
#include "delta/action.h"
#include "delta/log_key.h"
#include "delta/log_spelling.h"

namespace salvor::delta {

inline constexpr int64_t kUnknownRecords = -1;

struct FileAction {
  FileKey key;
  int64_t size = 0;
  int64_t records = kUnknownRecords;  // of the file, without regard to the vector
  int64_t cardinality = 0;            // of the vector
  int64_t deletion_timestamp = 0;     // of a remove; absent counts as 0
  int64_t place = 0;                  // the line's offset in its file; of a checkpoint, its row
  uint32_t spelling = 0;              // of an add's partition values
  bool is_add = false;
  bool data_change = true;
};

// An add without numRecords: its rows must be counted from its footer.
struct UncountedAdd {
  size_t index = 0;  // into ScannedLines::files
  std::string path;  // as the log spells it
};

// What a run of lines came to.
struct ScannedLines {
  std::vector<FileAction> files;
  std::vector<UncountedAdd> uncounted;
  std::optional<nlohmann::json> protocol;
  std::optional<nlohmann::json> metadata;
  std::optional<CommitInfo> info;  // without `raw`
  bool by_salvor = false;          // a txn of salvor's is among them

  void Clear();
};

// numRecords of a stats text; kUnknownRecords where it has none or is no JSON.
int64_t RecordsOfStats(std::string_view stats);
// The logical file's identity, from the path as the log spells it.
FileKey KeyOfLogged(const std::string& table_root, std::string_view path,
                    std::string_view vector_id);

// One per thread.
class LineScanner {
 public:
  LineScanner(std::string table_root, Spellings& spellings);
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

// Every commit key of salvor's begins so (model::OperationKey's callers put it into txn.appId).
inline constexpr std::string_view kSalvorAppPrefix = "salvor-";

}  // namespace salvor::delta
