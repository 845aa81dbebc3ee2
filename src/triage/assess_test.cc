#include "triage/assess.h"

#include <gtest/gtest.h>

namespace salvor::triage {
namespace {

using model::Health;

constexpr int64_t kEvent = 5;

// One partition, emptied by event 5 at that instant.
model::Inventory Emptied(Instant at, int64_t files_gone) {
  model::Inventory inventory;
  inventory.version = 9;
  inventory.columns = {{"day", model::ColumnType::kDate}};
  model::Event& event = inventory.events.emplace_back();
  event.version = kEvent;
  event.at = at;
  model::PartitionRecord& record = inventory.partitions.emplace_back();
  record.key.values = {"2024-01-01"};
  record.best = {10, 100, 1, 0};
  record.emptied = model::Before{kEvent, record.best};
  record.files_present = 1 - files_gone;
  record.files_gone = files_gone;
  return inventory;
}

TEST(Judge, AnOldLossIsOldNewsOnlyWhereItCannotBeBroughtBack) {
  const Instant now = *ParseInstant("2026-11-22T00:00:00Z");
  for (const bool old : {false, true}) {
    for (const int64_t gone : {0, 1}) {
      model::Inventory inventory = Emptied(now - Millis(old ? 2 : 0), gone);
      inventory.window.recent_from = now - Millis(1);
      const model::Assessment seen = Assess(inventory);
      EXPECT_EQ(seen.missing, old && gone == 1 ? 0 : 1);
      EXPECT_EQ(seen.missing_recoverable, gone == 1 ? 0 : 1);
      EXPECT_EQ(seen.old.gone, old && gone == 1 ? 1 : 0);
    }
  }
}

TEST(Judge, APartitionWhoseFilesAreNotThereIsBrokenWhateverElseHappenedToIt) {
  model::Inventory inventory;
  inventory.version = 9;
  model::PartitionRecord& record = inventory.partitions.emplace_back();
  record.now = record.best = {10, 100, 2, 0};
  record.broken = {1, 5, {"a.parquet: gone"}};
  model::Assessment seen = Assess(inventory);
  EXPECT_EQ(seen.findings[0].health, Health::kBroken);
  EXPECT_EQ(seen.broken, 1);
  record.replaced = model::Before{kEvent, {20, 200, 4, 0}};
  seen = Assess(inventory);
  EXPECT_EQ(seen.findings[0].health, Health::kBroken);
  EXPECT_EQ(seen.findings[0].before.rows, 20);
  EXPECT_FALSE(seen.findings[0].recoverable);
  // Emptied by the log's counts; but who knows what is in a file that cannot be read?
  record.now = {0, 100, 1, 0};
  record.emptied = model::Before{kEvent, {20, 200, 4, 0}};
  seen = Assess(inventory);
  EXPECT_EQ(seen.findings[0].health, Health::kBroken);
  EXPECT_FALSE(seen.findings[0].recoverable);
}

TEST(Judge, NothingIsComparedInAWindowOfOneVersionOrWhereNothingEverWas) {
  model::Inventory inventory = Emptied(Instant(), 0);
  EXPECT_TRUE(Assess(inventory).compared);
  inventory.window.first_version = inventory.version;
  EXPECT_FALSE(Assess(inventory).compared);
  inventory.window.first_version = 0;
  inventory.partitions = {model::PartitionRecord()};
  EXPECT_FALSE(Assess(inventory).compared);
}

TEST(Judge, AnEarlierEmptyingThatIsOldNewsLeavesNoChoice) {
  const Instant now = *ParseInstant("2026-11-22T00:00:00Z");
  model::Inventory inventory = Emptied(now, 0);
  inventory.window.recent_from = now - Millis(1);
  model::Event& earlier = inventory.events.emplace_back();
  earlier.version = 2;
  earlier.at = now;
  inventory.partitions[0].contents.resize(2);
  inventory.partitions[0].contents[0].last_version = 1;
  inventory.partitions[0].contents[1].last_version = 2;
  EXPECT_EQ(Assess(inventory).findings[0].contents.size(), 2U);
  inventory.events.back().at = now - Millis(2);
  EXPECT_EQ(Assess(inventory).findings[0].contents.size(), 1U);
}

}  // namespace
}  // namespace salvor::triage
