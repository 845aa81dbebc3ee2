// What an engine saw when it looked at a table: its partitions now, and what happened to each of
// them in the window. Plain values, no judgement: triage judges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "model/partition.h"

namespace salvor::model {

// How much there is of something.
struct Tally {
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t files = 0;
  int64_t uncounted = 0;  // files whose rows nobody could count; `rows` leaves them out

  bool operator==(const Tally&) const = default;
};

enum class EventKind {
  kRemoval,  // rows were taken away: DELETE, overwrite, TRUNCATE, RESTORE
  kRewrite,  // rows may live on in another place: UPDATE, MERGE, an unknown operation that also
             // adds
  kUpkeep,   // files changed, rows did not: OPTIMIZE, dataChange false
};

// One partition's part in an event.
struct PartitionChange {
  PartitionKey key;
  int64_t rows_before = 0;
  int64_t rows_after = 0;
  int64_t files_removed = 0;
};

// Somebody who may have made an event, and what the engine reports of it.
struct Candidate {
  std::string job;                   // its id
  std::string operation;             // as the engine names it
  std::string who;                   // "" where nobody says
  Instant at;                        // when it had ended
  std::optional<int64_t> rows = {};  // that it says it removed
  bool fits = false;                 // what it reports agrees with what was counted

  bool operator==(const Candidate&) const = default;
};

// One change of the table that removed rows or files.
struct Event {
  int64_t version = 0;
  Instant at;
  std::string operation;  // as the writer named it, "unknown" if it did not
  std::string who;        // as the writer named it, "" if it did not
  EventKind kind = EventKind::kRemoval;
  int64_t partitions = 0;    // partitions that have fewer rows after it
  int64_t emptied = 0;       // partitions that have none after it
  int64_t rows_removed = 0;  // sum over partitions of max(0, before - after)
  int64_t files_removed = 0;
  int64_t files_added = 0;
  bool takes_oldest = false;  // it emptied partitions, and exactly the oldest ones there were
  bool by_expiry = false;     // the table's own expiration took exactly what was due
  bool by_salvor = false;     // its commit carries an operation key of salvor's
  bool repartitions = false;  // it changed the partition columns: no partition of before is one now
  std::vector<PartitionChange> changes;  // only where the request asked for them
  // Where no writer's word says when it was: not before this instant, and not after `at`.
  std::optional<Instant> not_before = {};
  // Where the engine does not write down who it was: those who may have been it, fitting ones
  // first.
  std::vector<Candidate> candidates = {};
};

// The state of a partition right before an event that emptied or replaced it.
struct Before {
  int64_t event = 0;  // the event's version; the snapshot that has the rows is event - 1
  Tally tally;
  // From that version to event - 1 nothing touched it; nothing where nobody tells.
  std::optional<int64_t> since = {};
};

// Why the rows of a partition are not for certain: its readers disagree about them, or nobody can
// tell.
struct Doubt {
  std::string text;         // who reads what, for people
  bool may_choose = false;  // a person who names the partition, an event or a version may go on

  bool operator==(const Doubt&) const = default;
};

// Pieces of a partition that are in the table, and that are not there, or not what the table says
// of them: nobody can read the partition.
struct Damage {
  int64_t pieces = 0;
  int64_t rows = 0;                        // that they held
  std::vector<std::string> examples = {};  // a few of them, each with what is wrong with it

  bool operator==(const Damage&) const = default;
};

// What a partition held until an event replaced all of its rows by others, or emptied it.
struct PastContent {
  int64_t last_version = 0;  // the last version that had it: the snapshot to take it from
  Tally tally;               // then
  // The version that began it, and what its writer said; nothing where it is older than the window,
  // or nobody tells.
  std::optional<int64_t> written_by;
  std::optional<Instant> written_at;
  std::string operation;
  std::string who;

  bool operator==(const PastContent&) const = default;
};

// A partition's story in the window.
struct PartitionRecord {
  PartitionKey key;
  Tally now;
  Tally best;                // the most rows it ever had in the window
  int64_t best_version = 0;  // the last version at which it had them
  // Set if it is empty now: the event that emptied it last.
  std::optional<Before> emptied;
  // Set if it is empty now, and one event (an overwrite, or a deletion and what was written after
  // it) had replaced all of its rows by others: which of them were right, only a person knows. The
  // oldest first; the last is what `emptied` took. Of many the newest, and how many older ones.
  // Of a partition that has rows now: what was replaced so before these, if the request asks.
  std::vector<PastContent> contents;
  int64_t older_contents = 0;
  int64_t emptyings = 0;
  // Set if it is not empty now, and an event took rows after which it never was whole again (fewer
  // rows than best), or its rows were replaced by others (not fewer). The event that left `best`.
  std::optional<Before> replaced;
  std::vector<Doubt> doubts;  // any of them, and nothing is restored here by default
  bool content_differs =
      false;  // its files now are not those of `best`, judged by size, rows and vectors
  Damage broken;

  // Evidence for what was lost: filled for partitions that are empty now.
  int64_t files_present = 0;  // of the removed files (with their vectors), still on the disk
  int64_t files_gone = 0;     // those that are not, or are not what the table said of them
  std::vector<std::string> gone_examples;  // a few of those, each with what is wrong with it
  std::optional<Instant> deadline;         // after it the engine may drop what is needed
  std::string deadline_reason;
};

struct TableIdentity {
  std::string uri;     // "./lake/ds/table" made absolute, or bigquery:project.dataset.table
  std::string name;    // its last part, which a person types to confirm
  std::string id;      // the engine's own, stable identity
  std::string engine;  // "delta", "bigquery"

  bool operator==(const TableIdentity&) const = default;
};

struct Window {
  int64_t first_version = 0;  // the state from which changes were watched
  Instant first_at;
  bool whole_history = false;  // nothing older can be read
  std::string reason;          // "all that the log holds"
  // What was lost before it and cannot be brought back, and lesser changes of before it, are old
  // news: told in sum. Nothing: there is no such time.
  std::optional<Instant> recent_from = {};
};

struct Inventory {
  TableIdentity table;
  int64_t version = 0;
  Instant at;  // of that version
  Window window;
  // Whether every piece of the table was looked for; nothing where that is no question.
  std::optional<bool> pieces_looked_for;
  std::vector<PartitionColumn> columns;
  std::vector<PartitionRecord>
      partitions;                  // sorted by CompareKeys; every one that lived in the window
  std::vector<Event> events;       // by version
  std::vector<std::string> notes;  // what a person should know: features, uncounted files
  // What it means here that pieces are gone, said after "3 of 5" or "it cannot be brought back:".
  std::string gone = "files are gone from the disk, or are not what the log says";
};

std::string_view EventKindName(EventKind kind);

}  // namespace salvor::model
