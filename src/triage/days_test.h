// Inventories of a table of days, and what an engine that agrees to everything says to a draft.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/words_test.h"
#include "triage/assess.h"
#include "triage/decide.h"

namespace salvor::triage {

inline model::Tally Rows(int64_t rows) {
  return {.rows = rows, .bytes = rows * 10, .files = rows > 0 ? 1 : 0};
}

inline model::PartitionKey Day(const std::string& day) { return {{day}}; }

inline model::Event Removal(int64_t version, model::EventKind kind = model::EventKind::kRemoval) {
  model::Event event;
  event.version = version;
  event.at = InstantOfMillis(version * 1000);
  event.operation = kind == model::EventKind::kRemoval ? "DELETE" : "UPDATE";
  event.who = "somebody";
  event.kind = kind;
  event.partitions = 1;
  event.emptied = 1;
  return event;
}

inline model::PartitionRecord Intact(const std::string& day, int64_t rows) {
  model::PartitionRecord record;
  record.key = Day(day);
  record.now = record.best = Rows(rows);
  return record;
}

inline model::PartitionRecord Emptied(const std::string& day, int64_t rows, int64_t event) {
  model::PartitionRecord record;
  record.key = Day(day);
  record.best = Rows(rows);
  record.emptied = model::Before{event, Rows(rows)};
  record.emptyings = 1;
  record.files_present = 1;
  return record;
}

inline model::PartitionRecord Shrunk(const std::string& day, int64_t before, int64_t now,
                                     int64_t event) {
  model::PartitionRecord record;
  record.key = Day(day);
  record.best = Rows(before);
  record.now = Rows(now);
  record.replaced = model::Before{event, Rows(before)};
  return record;
}

inline model::Inventory MakeInventory(std::vector<model::PartitionRecord> records,
                                      std::vector<model::Event> events) {
  model::Inventory inventory;
  inventory.table = {"/lake/t", "t", "id", "delta"};
  inventory.columns = {{"day", model::ColumnType::kDate}};
  inventory.partitions = std::move(records);
  inventory.events = std::move(events);
  return inventory;
}

// What the engine would say to each wish: everything is there and legal.
inline model::Examination Agreeable(const Draft& draft) {
  model::Examination examination;
  for (const model::Wanted& wanted : draft.Asked()) {
    model::Examined examined;
    examined.wanted = wanted;
    examined.snapshot.version = wanted.snapshot;
    examined.restore = Rows(7);
    examined.content = "content";
    examined.files_present = 1;
    examination.partitions.push_back(examined);
  }
  return examination;
}

inline model::Plan PlanFor(const model::Inventory& inventory, const Choice& choice = {}) {
  auto draft = Decide(inventory, Assess(inventory), choice, model::TestWords());
  EXPECT_TRUE(draft) << draft.error().Message();
  const auto examination = Agreeable(*draft);
  return Compose(inventory, *std::move(draft), examination, "/staging", {}, model::TestWords());
}

}  // namespace salvor::triage
