// What counts cannot tell: a job that overwrote rows with as many others, or more.
#pragma once

#include <string>

#include "bigquery/history/jobs_view.h"
#include "bigquery/history/losses.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// Load, copy and query jobs of others that are known to have replaced rows (of a partition, or of
// the whole table) and left no fewer: a note with who and when, and how to come by what was there
// before; "" if there are none. Pure.
std::string NoteOfOverwrites(const Table& table, const Timelines& timelines, const TableJobs& jobs);

}  // namespace salvor::bigquery
