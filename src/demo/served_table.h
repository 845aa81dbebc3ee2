// The demo's table and its incident in a BigQuery test server (docs/bigquery-server.md), over its
// REST surface: project, datasets and table are made as any client would, rows are loaded and
// deleted by jobs of different people, and the server's clock is moved between them, so that the
// table has a real past.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "demo/history.h"
#include "http/client.h"

namespace salvor::demo {

// What one query of the server says of a range of days: as many, as many rows, and a sum over all
// rows that another row, a missing one or a doubled one changes.
struct Reading {
  int64_t days = 0;
  int64_t rows = 0;
  std::string fingerprint;

  bool operator==(const Reading&) const = default;
};

struct ServedTable {
  std::string address;  // "bigquery:project.dataset.table"
  std::string staging;  // "project.dataset", which fewer people can read
  History history;
  std::string query_url;  // where `query` was sent, and can be sent again
  std::string query;      // GoogleSQL: all days until the incident
  Reading before;         // its answer right before it
  Reading after;          // and right after both losses
};

// kRefused if the server has anything in it already, or its clock cannot be set; kUnavailable if it
// does not answer. A failure leaves a part behind. `endpoint` as BIGQUERY_EMULATOR_HOST, with
// scheme.
Result<ServedTable> BuildServedTable(http::Client& client, const std::string& endpoint,
                                     Instant now);

// Asks again. Errors as above.
Result<Reading> ReadServedTable(http::Client& client, const ServedTable& table);

// The body of the request that asks, as JSON.
std::string ReadingRequest(const ServedTable& table);

}  // namespace salvor::demo
