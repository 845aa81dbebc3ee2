// The actions of a Delta log, as far as salvor reads or writes them.
// Source: PROTOCOL.md of delta-io/delta, section "Actions".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace salvor::delta {

// PROTOCOL.md, "Deletion Vectors".
struct DeletionVector {
  std::string storage_type;  // "u" relative with a UUID, "i" inline, "p" absolute path
  std::string path_or_inline;
  std::optional<int32_t> offset;
  int64_t size_in_bytes = 0;
  int64_t cardinality = 0;

  // storageType + pathOrInlineDv [+ "@" + offset]
  [[nodiscard]] std::string UniqueId() const;
  bool operator==(const DeletionVector&) const = default;
};

// A data file that is part of the table. Many of them are held at once: a file that is lost should
// take less than a kilobyte of memory through all of its recovery.
struct AddFile {
  // The action's own object as compact JSON, every field of it, so that putting it back is verbatim
  // (json_members.h); "" where nobody asked for it. The typed fields are read from it and are for
  // deciding only.
  std::string raw;
  std::string path;  // as the log spells it: percent-encoded, relative or absolute
  std::vector<std::pair<std::string, std::optional<std::string>>>
      partition_values;  // physical names, sorted
  int64_t size = 0;
  std::shared_ptr<const DeletionVector> deletion_vector;  // null for most
  std::optional<int64_t> num_records;  // of the file, without regard to the vector
  bool has_row_ids = false;            // baseRowId and defaultRowCommitVersion

  // Rows that the vector leaves; nothing where numRecords is absent.
  [[nodiscard]] std::optional<int64_t> LiveRows() const;
  // The logical file: the path as it is written, and the vector's id (path_spelling.h).
  [[nodiscard]] std::string Key() const;
};

// kEssential: without `raw`, and so for deciding only. Many files cost a fraction.
enum class AddDetail : char { kWhole, kEssential };

struct RemoveFile {
  std::string path;
  std::shared_ptr<const DeletionVector> deletion_vector;
  std::optional<int64_t> deletion_timestamp;  // absent counts as 0 (the tombstone is old)
  bool data_change = true;

  [[nodiscard]] std::string Key() const;
};

struct Protocol {
  int min_reader = 1;
  int min_writer = 2;
  // Named features; for legacy versions the implied ones are filled in (PROTOCOL.md, "Table
  // features").
  std::vector<std::string> reader_features;
  std::vector<std::string> writer_features;
  nlohmann::json raw;

  [[nodiscard]] bool Reads(std::string_view feature) const;
  [[nodiscard]] bool Writes(std::string_view feature) const;
};

struct Metadata {
  std::string id;
  std::string schema;                          // the schema's JSON text
  std::vector<std::string> partition_columns;  // logical names
  std::map<std::string, std::string> configuration;
  nlohmann::json raw;

  [[nodiscard]] std::optional<std::string> Property(const std::string& name) const;
};

struct Txn {
  std::string app_id;
  int64_t version = 0;
};

struct CommitInfo {
  std::string operation = "unknown";
  std::string who;  // userName, userId, or the engine that wrote it; "" if none is said
  std::optional<int64_t> timestamp;
  std::optional<int64_t> in_commit_timestamp;
  nlohmann::json raw;
};

Result<AddFile> ParseAdd(const nlohmann::json& object, AddDetail detail = AddDetail::kWhole);
Result<RemoveFile> ParseRemove(const nlohmann::json& object);
Result<Protocol> ParseProtocol(nlohmann::json object);
Result<Metadata> ParseMetadata(nlohmann::json object);
Result<CommitInfo> ParseCommitInfo(nlohmann::json object);
Result<DeletionVector> ParseDeletionVector(const nlohmann::json& object);

// The path on this file system that a log entry means. kRefused for one that is not below the
// table's folder after decoding ("..", another scheme), unless it is absolute and `allow_outside`
// is set.
Result<std::string> LocalPath(std::string_view table_root, std::string_view path,
                              bool allow_outside);
// Likewise for the file of a vector; kInvalidArgument for an inline one.
Result<std::string> VectorPath(std::string_view table_root, const DeletionVector& vector,
                               bool allow_outside);

// Percent-encoding and decoding of a URI path (PROTOCOL.md says RFC 2396). Decode fails on a broken
// escape or a NUL byte.
Result<std::string> DecodeUri(std::string_view text);

}  // namespace salvor::delta
