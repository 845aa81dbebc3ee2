// What the footer of a Parquet file says of it, without a library: a few microseconds a file.
// Source: the format's README, "File format", and parquet.thrift, in Thrift's compact protocol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/fs.h"

namespace salvor::delta {

struct ParquetFooter {
  int64_t rows = 0;
  std::string digest;  // SHA-256 of the footer with its length
  std::string schema;  // SHA-256 of what it says of the columns: few for the files of one table
  // Whether all of it is as every known writer lays it. Where it is not, the format may still allow
  // it: only reading the rows tells.
  bool plain = true;
};

// A footer has no checksum, but says most things twice: kCorrupt where these differ, where a column
// chunk is not inside the file, and for what is no Parquet file at all. kUnsupported for one that
// is encrypted. Reads the end of the file, and its first four bytes.
Result<ParquetFooter> ReadParquetFooter(const io::RandomAccessFile& file);

// The metadata alone; `begin` is where it begins in its file.
Result<ParquetFooter> ParseParquetMetadata(std::string_view metadata, int64_t begin);

}  // namespace salvor::delta
