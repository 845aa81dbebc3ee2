// How the things of an engine are called where a person reads of them, so that a report about a
// table in a service does not speak of files and disks. Each engine's room has one; who prints is
// handed it. Values in, text out: nothing is asked of the engine, so it is there without it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"

namespace salvor::model {

// What a step moved, as warehouse::Persisted and RestoreOutcome count it.
struct Moved {
  int64_t files = 0;
  int64_t linked = 0;
  int64_t copied = 0;
};

// What the digests of a model::TableState stand for: "its partition columns".
struct StateParts {
  std::string_view layout;
  std::string_view constraints;
  std::string_view protocol;
};

class EngineWords {
 public:
  virtual ~EngineWords() = default;

  // A version of the table, by itself: "version 14".
  [[nodiscard]] virtual std::string Version(int64_t version) const = 0;
  // A version of the table, whose instant is known: "version 14 of 2026-11-20T08:00:00Z".
  [[nodiscard]] virtual std::string VersionOf(int64_t version, Instant at) const = 0;
  // When something was done, by the version that has it: "in version 14".
  [[nodiscard]] virtual std::string InVersion(int64_t version) const = 0;
  // What a plan was made for: "for version 14".
  [[nodiscard]] virtual std::string MadeFor(int64_t version) const = 0;
  // The event that made this version: "version 14".
  [[nodiscard]] virtual std::string EventOf(int64_t version) const = 0;
  // What may have moved since a plan was made.
  [[nodiscard]] virtual StateParts Parts() const = 0;
  // What the numbers in columns of versions are; "" where they speak for themselves.
  [[nodiscard]] virtual std::string_view VersionNote() const = 0;

  // "files, counts and metadata": what `status` judges by.
  [[nodiscard]] virtual std::string_view JudgedBy() const = 0;
  // Heads the columns of how many pieces there are; "" where a count of them says nothing.
  [[nodiscard]] virtual std::string_view PiecesHeader() const = 0;
  // Heads the column of how many pieces of the old content can be read still: "FILES LEFT".
  [[nodiscard]] virtual std::string_view PiecesLeftHeader() const = 0;
  // Beside a deadline that is over.
  [[nodiscard]] virtual std::string_view PastDeadline() const = 0;

  // What `persist` made, and what `apply` did, beyond the partitions: "38 files (38 linked, 0
  // copied)".
  [[nodiscard]] virtual std::string Persisted(const Moved& moved) const = 0;
  [[nodiscard]] virtual std::string Restored(const Moved& moved) const = 0;
  // Further members of the JSON of `persist` and `apply`, where the engine has more to say.
  [[nodiscard]] virtual std::vector<std::pair<std::string, int64_t>> PersistedCounts(
      const Moved& moved) const = 0;
  [[nodiscard]] virtual std::vector<std::pair<std::string, int64_t>> RestoredCounts(
      const Moved& moved) const = 0;
  // What the ids of the jobs of a step begin with; "" where there are none.
  [[nodiscard]] virtual std::string JobIds(std::string_view plan_digest,
                                           std::string_view step) const = 0;

  // For a ticket, in words of our own (report/markup.h, Own): how `persist` and `apply` work, what
  // the plan pins, and what the operations are that are listed there, or that cannot be.
  [[nodiscard]] virtual std::string_view HowPersistRuns() const = 0;
  [[nodiscard]] virtual std::string_view HowApplyRuns() const = 0;
  [[nodiscard]] virtual std::string_view WhatIsPinned() const = 0;
  // "3 operations on files": so many of what Engine::Operations lists.
  [[nodiscard]] virtual std::string Operations(int64_t count) const = 0;
  // Whether `show --sql` prints the same recovery for a person's own hands.
  [[nodiscard]] virtual bool RunsByHand() const = 0;
  // Whether a proof compares all rows without being asked to.
  [[nodiscard]] virtual bool ComparesEveryRow() const = 0;
};

}  // namespace salvor::model
