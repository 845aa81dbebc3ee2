// One file, several spellings: what a log's `path` texts mean to the readers that compare them.
//
// A remove cancels an add of the same path. DuckDB's delta-kernel and delta-rs compare the text as
// it is written. Spark compares java.net.URI's of it: "." and ".." steps and doubled slashes are
// folded, "/x" is "file:///x", and percent escapes stay as they are. Two of Spark's URIs may be
// equal without being the same text (the case of an escape's digits, "file:/x" and "file:///x"):
// they meet, or do not, by the number of its snapshot partitions. Nobody decodes before comparing.
#pragma once

#include <string>
#include <string_view>

namespace salvor::delta {

// True where every reader compares the path as it is written, and no other such path means the same
// file. Nearly all that writers write.
bool IsPlainSpelling(std::string_view path);

// The same path for each who compares; for a plain one all are the path itself.
struct PathTexts {
  std::string spark;   // as Spark's URI spells it
  std::string folded;  // the one text of all that are equal URIs to Spark
  std::string file;    // the plain spelling of the file that is meant, the same for all readers
  bool is_uri = true;  // false: Spark cannot read a table with it at all
};
PathTexts TextsOf(std::string_view table_root, std::string_view path);

}  // namespace salvor::delta
