// What Parquet files hold, by their footers, as DuckDB presents it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "io/fs.h"

namespace salvor::delta {

// A column of a file, or a part of a nested one.
struct FileColumn {
  enum class Kind { kLeaf, kStruct, kList, kMap };
  std::string name;
  std::optional<int64_t> field_id;
  Kind kind = Kind::kLeaf;
  std::string duck_type;             // of a leaf: "INTEGER", "DECIMAL(10,2)"
  std::vector<FileColumn> children;  // a struct's fields, a list's element, a map's key and value
};

struct FileSchema {
  std::vector<FileColumn> columns;
};

// The schemas of many files, each different one once.
struct FileSchemas {
  std::vector<FileSchema> schemas;
  std::vector<size_t> of_file;  // paths[i] has schemas[of_file[i]]
};

// Reads the footers of `paths` (absolute, without repeats). DuckDB is asked about one file of each
// kind that they tell, and about each that tells none. kCorrupt for a file that is no Parquet file,
// kNotFound for one that is gone.
Result<FileSchemas> ReadFileSchemas(const io::FsReader& fs, Duck& duck,
                                    const std::vector<std::string>& paths);

}  // namespace salvor::delta
