#include "bigquery/recovery/attempts.h"

#include <gtest/gtest.h>

#include <map>

#include "bigquery/jobs/job_id.h"
#include "bigquery/jobs/query_budget.h"
#include "testing/scripted_clock.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

// Jobs that have ended, by id; those with an error failed.
class EndedJobs final : public http::Client {
 public:
  std::map<std::string, bool> succeeded;

  Result<http::Response> Send(const http::Request& request) override {
    const size_t begin = request.url.find("/jobs/") + 6;
    const std::string id = request.url.substr(begin, request.url.find('?') - begin);
    const auto found = succeeded.find(id);
    if (found == succeeded.end()) {
      return http::Response{
          404, {}, R"({"error": {"code": 404, "errors": [{"reason": "notFound"}]}})"};
    }
    Json job{{"jobReference", {{"projectId", "p"}, {"location", "EU"}, {"jobId", id}}},
             {"status", {{"state", "DONE"}}},
             {"statistics", {{"creationTime", "1"}, {"endTime", "2"}}}};
    if (!found->second)
      job["status"]["errorResult"] = {{"reason", "backendError"}, {"message", "x"}};
    return http::Response{200, {}, job.dump()};
  }
};

class AttemptsTest : public ::testing::Test {
 protected:
  AttemptsTest() {
    plan_.pins.job_project = "p";
    plan_.pins.location = "EU";
  }

  void Ended(int attempt, bool succeeded) {
    jobs_.succeeded[JobIdOf(digest_, "apply", "20240101", attempt)] = succeeded;
  }
  Result<Attempt> Last() {
    Api api(jobs_, clock_, io::SystemRandom(), "http://service");
    const Connection connection{.api = api,
                                .clock = clock_,
                                .progress = warehouse::NoProgress(),
                                .table = {},
                                .job_project = "p",
                                .jobs_projects = {},
                                .max_bytes_billed = 0,
                                .spending = nullptr};
    return LastAttempt(connection, plan_, digest_, "apply", "20240101");
  }

  const std::string digest_ = std::string(64, 'a');
  model::Plan plan_;
  EndedJobs jobs_;
  salvor::testing::ScriptedClock clock_{InstantOfMillis(1'800'000'000'000)};
};

TEST_F(AttemptsTest, AFreeIdMayBeTaken) {
  const auto last = Last();
  ASSERT_TRUE(last) << last.error().Message();
  EXPECT_FALSE(last->job);
  EXPECT_EQ(last->next, 1);
}

TEST_F(AttemptsTest, AFailedJobKeepsItsIdAndTheNextOneIsTaken) {
  Ended(1, false);
  Ended(2, false);
  const auto last = Last();
  ASSERT_TRUE(last) << last.error().Message();
  EXPECT_FALSE(last->Succeeded());
  EXPECT_EQ(last->next, 3);
}

TEST_F(AttemptsTest, WhatSucceededIsFoundBehindWhatFailed) {
  Ended(1, false);
  Ended(2, true);
  const auto last = Last();
  ASSERT_TRUE(last) << last.error().Message();
  EXPECT_TRUE(last->Succeeded());
}

TEST_F(AttemptsTest, AttemptsComeToAnEnd) {
  for (int attempt = 1; attempt <= kMostAttempts; ++attempt) Ended(attempt, false);
  const auto last = Last();
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace salvor::bigquery
