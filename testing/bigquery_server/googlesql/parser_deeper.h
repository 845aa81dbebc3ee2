// How deep a statement may nest: deeper than people write, and shallow enough for the recursion of
// the analysis and of DuckDB's own parser.
#pragma once

#include "testing/bigquery_server/googlesql/parser.h"

namespace salvor::testing::bigquery::googlesql {

constexpr size_t kMostDepth = 100;

// One level deeper as long as it lives.
class Parser::Deeper {
 public:
  explicit Deeper(Parser& parser) : parser_(parser) {
    if (++parser_.depth_ > kMostDepth) {
      --parser_.depth_;
      parser_.Fault("Statement is too deeply nested", parser_.Now().begin);
    }
  }
  ~Deeper() { --parser_.depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  Parser& parser_;
};

}  // namespace salvor::testing::bigquery::googlesql
