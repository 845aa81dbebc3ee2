// A case and its ticket, on a tracker that loses replies, lists late and lies.
#include "ticket/ticket_sync.h"

#include "model/words_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "recovery/step.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::ticket {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Keeps tickets as their texts, and fails as it is told.
class FakeTracker final : public Tracker {
 public:
  enum class Fault { kNone, kLostReply, kNotSent, kOtherKey };

  Result<std::optional<Ticket>> Find(const std::string& mark, const std::string& text) override {
    ++finds;
    if (!listed) return std::optional<Ticket>();
    for (size_t i = 0; i < titles.size(); ++i) {
      if (titles[i].find(mark) != std::string::npos &&
          texts[i][0].find(text) != std::string::npos) {
        return std::optional<Ticket>(At(i));
      }
    }
    return std::optional<Ticket>();
  }
  Result<Ticket> Open(const std::string& title, const std::string& body) override {
    const Fault fault = Next();
    if (fault == Fault::kNotSent) return Fail(Code::kUnavailable, "no connection");
    titles.push_back(title);
    texts.push_back({body});
    if (fault == Fault::kLostReply) return Fail(Code::kOutcomeUnknown, "the reply was lost");
    if (fault == Fault::kOtherKey) {
      titles.insert(titles.begin(), "somebody else's");
      texts.insert(texts.begin(), {{"nothing to see"}});
      return At(0);
    }
    return At(titles.size() - 1);
  }
  Result<std::vector<std::string>> Texts(const std::string& key) override {
    return texts.at(static_cast<size_t>(std::stoi(key)) - 1);
  }
  Status Comment(const std::string& key, const std::string& body) override {
    const Fault fault = Next();
    if (fault == Fault::kNotSent) return Fail(Code::kUnavailable, "no connection");
    texts.at(static_cast<size_t>(std::stoi(key)) - 1).push_back(body);
    if (fault == Fault::kLostReply) return Fail(Code::kOutcomeUnknown, "the reply was lost");
    return Done{};
  }
  [[nodiscard]] Result<Ticket> Named(const std::string& key) const override {
    return Ticket{key, "https://tracker/" + key};
  }

  Fault Next() {
    if (faults.empty()) return Fault::kNone;
    const Fault fault = faults.front();
    faults.pop_front();
    return fault;
  }
  [[nodiscard]] static Ticket At(size_t index) {
    const std::string key = std::to_string(index + 1);
    return {key, "https://tracker/" + key};
  }

  std::deque<Fault> faults;
  bool listed = true;
  int finds = 0;
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> texts;
};

using Fault = FakeTracker::Fault;

class TellingTest : public ::testing::Test {
 protected:
  TellingTest() : fs_(clock_) {
    fs_.PutFolder("/case", 0755);
    incident_.folder = "/case";
    incident_.digest = std::string(64, 'd');
    wording_.title = "Restore it (salvor dddddddddddd)";
    wording_.mark = "dddddddddddd";
    wording_.words = &model::TestWords();
    wording_.head = [](const model::Anchor& head) {
      return "head " + std::to_string(head.line) + " " + head.hash;
    };
    wording_.body = [this](const model::Anchor& head) {
      return "plan " + incident_.digest + " " + wording_.head(head);
    };
    wording_.comment = [this](const std::vector<model::Activity>& activities,
                              const model::Anchor& head) {
      std::string text;
      for (const model::Activity& activity : activities)
        text += activity.what + " " + activity.detail + "; ";
      return text + wording_.head(head);
    };
  }

  Result<Opened> Open(std::optional<std::string> key = std::nullopt) {
    return OpenTicket(fs_, clock_, incident_, "ann", tracker_, wording_, key);
  }
  Result<bool> Tell() { return TellTicket(fs_, clock_, incident_, "ann", tracker_, wording_); }
  void DoStep(const std::string& name) {
    auto step = recovery::Step::Begin(fs_, clock_, incident_, name, "ann");
    ASSERT_TRUE(step);
    ASSERT_TRUE(step->Intend(nlohmann::json::object()));
    ASSERT_TRUE(step->Finish({{"version", 7}}));
  }

  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
  recovery::Case incident_;
  FakeTracker tracker_;
  TicketTexts wording_;
};

TEST_F(TellingTest, TicketIsOpenedOnceAndItsKeyKept) {
  auto opened = Open();
  ASSERT_TRUE(opened) << opened.error().Message();
  EXPECT_FALSE(opened->already);
  EXPECT_EQ(opened->ticket.key, "1");
  auto again = Open();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->already);
  EXPECT_EQ(tracker_.titles.size(), 1U);
  EXPECT_EQ(*TicketOf(fs_, incident_), "1");
}

TEST_F(TellingTest, LostReplyOpensNoSecondTicket) {
  tracker_.faults = {Fault::kLostReply};
  auto lost = Open();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::kOutcomeUnknown);
  auto again = Open();
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_TRUE(again->already);
  EXPECT_EQ(tracker_.titles.size(), 1U);
}

TEST_F(TellingTest, LostReplyAndALateIndexOpenNoSecondTicketEither) {
  tracker_.faults = {Fault::kLostReply, Fault::kNotSent};
  tracker_.listed = false;
  ASSERT_FALSE(Open());
  clock_.Advance(kIndexDelay / 2);
  for (int i = 0; i < 3; ++i) {
    auto waiting = Open();
    ASSERT_FALSE(waiting);
    EXPECT_EQ(waiting.error().code, Code::kOutcomeUnknown);
    EXPECT_THAT(waiting.error().Message(), HasSubstr("does not list yet"));
  }
  clock_.Advance(kIndexDelay / 2);
  tracker_.listed = true;
  auto found = Open();
  ASSERT_TRUE(found) << found.error().Message();
  EXPECT_EQ(tracker_.titles.size(), 1U);
}

TEST_F(TellingTest, AttemptThatWasNeverSentDoesNotHideAnEarlierLostOne) {
  tracker_.faults = {Fault::kLostReply};
  tracker_.listed = false;
  ASSERT_FALSE(Open());
  clock_.Advance(kIndexDelay);  // past the delay, so it is tried again, and not sent
  tracker_.faults = {Fault::kNotSent};
  ASSERT_FALSE(Open());
  tracker_.listed = true;
  ASSERT_TRUE(Open());
  EXPECT_EQ(tracker_.titles.size(), 1U);
}

TEST_F(TellingTest, AttemptThatWasNotSentMayBeMadeAgainAtOnce) {
  tracker_.faults = {Fault::kNotSent};
  tracker_.listed = false;
  auto failed = Open();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kUnavailable);
  ASSERT_TRUE(Open());
  EXPECT_EQ(tracker_.titles.size(), 1U);
}

TEST_F(TellingTest, TicketOfAnotherMachineIsFound) {
  tracker_.titles = {"Restore it (salvor dddddddddddd)"};
  tracker_.texts = {{"plan " + incident_.digest}};
  auto found = Open();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->already);
  EXPECT_EQ(tracker_.titles.size(), 1U);
}

TEST_F(TellingTest, KeyOfAnotherTicketIsNotBelieved) {
  tracker_.faults = {Fault::kOtherKey};
  auto lied = Open();
  ASSERT_FALSE(lied);
  EXPECT_EQ(lied.error().code, Code::kOutcomeUnknown);
  EXPECT_THAT(lied.error().Message(), HasSubstr("does not show this plan"));
  EXPECT_FALSE(*TicketOf(fs_, incident_));
  auto found = Open();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ticket.key, "2");
}

TEST_F(TellingTest, StepsAreToldOnceAndEachCommentAnchorsTheHead) {
  ASSERT_TRUE(Open());
  DoStep("persist");
  EXPECT_TRUE(*Tell());
  EXPECT_FALSE(*Tell());
  DoStep("undo");
  EXPECT_TRUE(*Tell());
  ASSERT_EQ(tracker_.texts[0].size(), 3U);
  EXPECT_THAT(tracker_.texts[0][1], HasSubstr("private copy"));
  EXPECT_THAT(tracker_.texts[0][2], HasSubstr("took it back in version 7 ; head 8 "));
}

TEST_F(TellingTest, LostCommentIsNotRepeated) {
  ASSERT_TRUE(Open());
  DoStep("persist");
  tracker_.faults = {Fault::kLostReply};
  EXPECT_FALSE(Tell());
  EXPECT_FALSE(*Tell());
  EXPECT_EQ(tracker_.texts[0].size(), 2U);
}

TEST_F(TellingTest, CommentThatNeverLeftIsMadeUpForAtTheNextStep) {
  ASSERT_TRUE(Open());
  DoStep("persist");
  tracker_.faults = {Fault::kNotSent};
  EXPECT_FALSE(Tell());
  DoStep("undo");
  EXPECT_TRUE(*Tell());
  ASSERT_EQ(tracker_.texts[0].size(), 2U);
  EXPECT_THAT(tracker_.texts[0][1], HasSubstr("private copy"));
  EXPECT_THAT(tracker_.texts[0][1], HasSubstr("took it back"));
}

TEST_F(TellingTest, RedactedTicketIsNeverToldWhatAFailureSaid) {
  wording_.redact = true;
  ASSERT_TRUE(Open());
  wording_.redact = false;  // the next command does not know
  {
    auto step = recovery::Step::Begin(fs_, clock_, incident_, "apply", "ann");
    ASSERT_TRUE(step);
    ASSERT_TRUE(step->Intend(nlohmann::json::object()));
    static_cast<void>(step->Failed({Code::kRefused, "partition 2024-01-01 has other rows"}));
  }
  EXPECT_TRUE(*Tell());
  EXPECT_THAT(tracker_.texts[0][1], HasSubstr("apply was not done"));
  EXPECT_THAT(tracker_.texts[0][1], ::testing::Not(HasSubstr("2024-01-01")));
}

TEST_F(TellingTest, NothingIsToldWithoutATicket) {
  DoStep("persist");
  EXPECT_FALSE(*Tell());
  EXPECT_THAT(tracker_.titles, IsEmpty());
  EXPECT_EQ(tracker_.finds, 0);
}

TEST_F(TellingTest, TicketThatAPersonOpenedIsTakenOver) {
  tracker_.titles = {"Where is March?"};
  tracker_.texts = {{"please look"}};
  tracker_.faults = {Fault::kLostReply};
  EXPECT_FALSE(Open("1"));
  auto adopted = Open("1");
  ASSERT_TRUE(adopted) << adopted.error().Message();
  EXPECT_EQ(tracker_.texts[0].size(), 2U);
  EXPECT_EQ(*TicketOf(fs_, incident_), "1");
  EXPECT_EQ(Open("2").error().code, Code::kConflict);
}

}  // namespace
}  // namespace salvor::ticket
