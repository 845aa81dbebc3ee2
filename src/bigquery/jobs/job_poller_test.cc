#include "bigquery/jobs/job_poller.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "io/clock.h"
#include "io/random.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;
constexpr Millis kCopyTakes{2'000};

// Seconds pass in it as fast as it is slept by; each sleep is long enough for the other threads to
// come along.
class HurriedClock final : public io::Clock {
 public:
  [[nodiscard]] Instant Now() const override { return InstantOfMillis(now_); }
  void Sleep(Millis span) const override {
    std::this_thread::sleep_for(Millis(30));
    now_ += span.count();
  }

 private:
  mutable std::atomic<int64_t> now_ = 1'700'000'000'000;
};

// Jobs "j0", "j1", … that were all made at one instant and take as long as they take.
class JobsOfAProject final : public http::Client {
 public:
  explicit JobsOfAProject(const HurriedClock& clock) : clock_(clock), begin_(clock.Now()) {}

  int count = 0;
  Millis takes = kCopyTakes;
  bool may_list = true;
  int shown = INT32_MAX;      // how many of them the list shows
  bool statistics = true;     // in the list
  Json more = Json::array();  // what else is in the list
  size_t page = 1'000;
  std::atomic<int> lists = 0;
  std::atomic<int> gets = 0;

  [[nodiscard]] Job Inserted(int number) const {
    Job job;
    job.ref = {"p", "EU", fmt::format("j{}", number)};
    job.created = begin_;
    return job;
  }

  Result<http::Response> Send(const http::Request& request) override {
    const std::string path = request.url.substr(request.url.find("/jobs") + 5);
    if (path.starts_with("?")) return List(path);
    ++gets;
    return Answer(200, Resource(std::stoi(path.substr(2)), true));
  }

 private:
  static http::Response Answer(int status, const Json& body) { return {status, {}, body.dump()}; }

  Result<http::Response> List(const std::string& query) {
    ++lists;
    if (!may_list) {
      return Answer(403, {{"error",
                           {{"message", "Access Denied: bigquery.jobs.list"},
                            {"errors", {{{"reason", "accessDenied"}}}}}}});
    }
    Json all = more;
    for (int i = 0; i < std::min(count, shown); ++i) all.push_back(Resource(i, statistics));
    const size_t token = query.find("pageToken=");
    const size_t from = token == std::string::npos ? 0 : std::stoul(query.substr(token + 10));
    Json body = {{"jobs", Json::array()}};
    for (size_t i = from; i < std::min(all.size(), from + page); ++i)
      body["jobs"].push_back(all[i]);
    if (from + page < all.size()) body["nextPageToken"] = std::to_string(from + page);
    return Answer(200, body);
  }

  [[nodiscard]] Json Resource(int number, bool whole) const {
    const bool done = clock_.Now() - begin_ >= takes;
    Json job{{"jobReference",
              {{"projectId", "p"}, {"location", "EU"}, {"jobId", fmt::format("j{}", number)}}},
             {"status", {{"state", done ? "DONE" : "RUNNING"}}},
             {"statistics", {{"creationTime", std::to_string(MillisOf(begin_))}}}};
    if (done && whole) {
      job["statistics"]["endTime"] = std::to_string(MillisOf(begin_ + takes));
      job["statistics"]["copy"] = {{"copiedRows", "3"}};
    }
    return job;
  }

  const HurriedClock& clock_;
  const Instant begin_;
};

class JobWatchTest : public ::testing::Test {
 protected:
  // Awaits all jobs at once; how many were done and copied three rows.
  int AwaitAll(int count) {
    jobs_.count = count;
    Api api(jobs_, clock_, io::SystemRandom(), "http://127.0.0.1:1");
    JobWatch watch(api, clock_, "p", "EU");
    std::atomic<int> copied = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
          const auto job = watch.Await(jobs_.Inserted(i));
          if (job && job->ref == jobs_.Inserted(i).ref && job->copied_rows == 3) ++copied;
        });
      }
    }
    return copied;
  }

  HurriedClock clock_;
  JobsOfAProject jobs_{clock_};
};

TEST_F(JobWatchTest, OneListAnswersForAllJobs) {
  EXPECT_EQ(AwaitAll(30), 30);
  EXPECT_EQ(jobs_.gets, 0);
  EXPECT_LE(jobs_.lists, 6);
}

TEST_F(JobWatchTest, AListIsReadPageByPageUntilAllAreSeen) {
  jobs_.page = 10;
  jobs_.takes = Millis(0);
  EXPECT_EQ(AwaitAll(30), 30);
  EXPECT_EQ(jobs_.gets, 0);
}

TEST_F(JobWatchTest, WhereJobsMayNotBeListedEachIsAskedForAboutOnce) {
  jobs_.may_list = false;
  EXPECT_EQ(AwaitAll(30), 30);
  EXPECT_EQ(jobs_.lists, 1);
  EXPECT_GE(jobs_.gets, 30);
  EXPECT_LE(jobs_.gets, 40);
}

TEST_F(JobWatchTest, AJobThatTheListLeavesOutIsAskedForById) {
  jobs_.shown = 20;
  EXPECT_EQ(AwaitAll(30), 30);
  EXPECT_GE(jobs_.gets, 10);
  EXPECT_LE(jobs_.gets, 20);
}

TEST_F(JobWatchTest, AListWithoutStatisticsIsNotBelieved) {
  jobs_.statistics = false;
  EXPECT_EQ(AwaitAll(5), 5);
  EXPECT_GE(jobs_.gets, 5);
}

TEST_F(JobWatchTest, JobsOfOtherPlacesAndThingsThatAreNoJobsMeanNothing) {
  jobs_.shown = 0;
  jobs_.more = {
      42,
      {{"jobReference", 1}},
      {{"jobReference", {{"projectId", "p"}, {"location", "US"}, {"jobId", "j0"}}},
       {"status", {{"state", "DONE"}}},
       {"statistics", {{"creationTime", "1"}, {"endTime", "2"}, {"copy", {{"copiedRows", "99"}}}}}},
      {{"jobReference", {{"projectId", "q"}, {"location", "EU"}, {"jobId", "j0"}}},
       {"status", {{"state", "DONE"}, {"errorResult", {{"reason", "duplicate"}}}}}}};
  EXPECT_EQ(AwaitAll(2), 2);
  EXPECT_GE(jobs_.gets, 2);
}

TEST_F(JobWatchTest, ALongCopyIsNotAskedForEverySecond) {
  jobs_.takes = Millis(60'000);
  EXPECT_EQ(AwaitAll(1), 1);
  EXPECT_LE(jobs_.lists, 25);
}

}  // namespace
}  // namespace salvor::bigquery
