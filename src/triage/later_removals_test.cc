#include "triage/later_removals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "model/words_test.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::Event;
using model::EventKind;
using model::PartitionKey;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

PartitionKey Day(const std::string& day) { return {{day}}; }

Event Took(int64_t version, const std::string& day, int64_t before, int64_t after,
           const std::string& operation = "DELETE") {
  Event event;
  event.version = version;
  event.at = InstantOfMillis(version * 1000);
  event.operation = operation;
  event.who = operation == "unknown" ? "" : "somebody";
  event.rows_removed = before - after;
  event.changes.push_back({Day(day), before, after, 1});
  return event;
}

class LaterRemovalsTest : public testing::Test {
 protected:
  void Plan(const std::string& day, int64_t snapshot, std::optional<int64_t> event = {}) {
    model::PlannedPartition planned;
    planned.key = Day(day);
    planned.disposition = Disposition::kRestore;
    planned.snapshot.version = snapshot;
    planned.event = event;
    plan_.partitions.push_back(planned);
  }
  std::vector<std::string> Lines(std::vector<Event> events, bool known_are_named = false) {
    inventory_.columns = {{"day", model::ColumnType::kDate}};
    inventory_.events = std::move(events);
    return LaterRemovals(inventory_, plan_, model::TestWords(), known_are_named);
  }

  model::Inventory inventory_;
  model::Plan plan_;
};

TEST_F(LaterRemovalsTest, RowsDeletedAfterTheSnapshotAreNamedWithWhoAndHowMany) {
  Plan("2024-01-02", 3, 5);
  EXPECT_THAT(Lines({Took(4, "2024-01-02", 10, 8), Took(5, "2024-01-02", 8, 0)}),
              ElementsAre(AllOf(HasSubstr("version 4"), HasSubstr("DELETE by somebody"),
                                HasSubstr("2 rows"), HasSubstr("2024-01-02"),
                                HasSubstr("run it again after apply"))));
}

TEST_F(LaterRemovalsTest, OtherPartitionsAndEarlierEventsAreNot) {
  Plan("2024-01-02", 4, 5);
  EXPECT_THAT(Lines({Took(3, "2024-01-02", 10, 8), Took(6, "2024-01-03", 8, 0)}), IsEmpty());
}

TEST_F(LaterRemovalsTest, SeveralPartitionsOfOneEventAreSummed) {
  Plan("2024-01-02", 3);
  Plan("2024-01-03", 3);
  Event event = Took(4, "2024-01-02", 10, 8);
  event.changes.push_back({Day("2024-01-03"), 10, 5, 1});
  EXPECT_THAT(Lines({event}),
              ElementsAre(AllOf(HasSubstr("7 rows"), HasSubstr("2 of these partitions"))));
}

TEST_F(LaterRemovalsTest, RewriteMayHaveRedactedRows) {
  Plan("2024-01-02", 3);
  Event update = Took(4, "2024-01-02", 10, 10, "UPDATE");
  update.kind = EventKind::kRewrite;
  Event optimize = Took(5, "2024-01-02", 10, 10, "OPTIMIZE");
  optimize.kind = EventKind::kUpkeep;
  EXPECT_THAT(Lines({update, optimize}),
              ElementsAre(AllOf(HasSubstr("UPDATE"), HasSubstr("redacted"))));
}

TEST_F(LaterRemovalsTest, WhatOneEventTookBackLeavesLaterDeletionsAlone) {
  Plan("2024-01-02", 3, 4);
  plan_.partitions[0].mode = model::Mode::kInvert;
  EXPECT_THAT(Lines({Took(4, "2024-01-02", 10, 8), Took(5, "2024-01-02", 8, 6)}), IsEmpty());
}

TEST_F(LaterRemovalsTest, ManyOfOneWriterAreToldTogether) {
  Plan("2024-01-02", 0);
  std::vector<Event> events;
  for (int64_t version = 1; version <= 11; ++version)
    events.push_back(Took(version, "2024-01-02", 20 - version + 1, 20 - version));
  EXPECT_THAT(Lines(events), ElementsAre(AllOf(HasSubstr("ran 11 times"), HasSubstr("11 rows"),
                                               HasSubstr("DELETE by somebody"))));
}

TEST_F(LaterRemovalsTest, ThoseThatNobodyExplainsAreToldTogetherAlsoWhereTheEngineNamesTheOthers) {
  Plan("2024-01-02", 3);
  const std::vector<Event> events{Took(4, "2024-01-02", 10, 8),
                                  Took(5, "2024-01-02", 8, 7, "unknown"),
                                  Took(6, "2024-01-02", 7, 5, "unknown")};
  EXPECT_THAT(Lines(events, true),
              ElementsAre(AllOf(HasSubstr("2 events"), HasSubstr("3 rows"),
                                HasSubstr("nobody says who"), Not(HasSubstr("DELETE")))));
  EXPECT_EQ(Lines(events).size(), 2U);
}

TEST_F(LaterRemovalsTest, AnUnexplainedEventWithoutItsChangesCountsWhole) {
  Plan("2024-01-02", 3);
  Event event = Took(5, "2024-01-02", 8, 7, "unknown");
  event.changes.clear();
  EXPECT_THAT(Lines({event}, true), ElementsAre(HasSubstr("nobody says who")));
  plan_.partitions[0].snapshot.version = 4;  // it is what is undone
  EXPECT_THAT(Lines({event}, true), IsEmpty());
}

TEST_F(LaterRemovalsTest, WhatSalvorTookBackItselfIsNoDeletion) {
  Plan("2024-01-02", 3);
  Event event = Took(5, "2024-01-02", 8, 0);
  event.by_salvor = true;
  EXPECT_THAT(Lines({event}), IsEmpty());
}

}  // namespace
}  // namespace salvor::triage
