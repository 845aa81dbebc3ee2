// What is said of a job that failed.
#include "bigquery/jobs/job_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bigquery/sql/apply_transaction.h"

namespace salvor::bigquery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Job Failed(const std::string& reason, const std::string& message, const char* kind = "query") {
  Job job;
  job.ref = {"p", "EU", "salvor-1"};
  job.state = Job::State::kDone;
  job.error = JobError{reason, message};
  job.configuration = {{kind, nlohmann::json::object()}};
  return job;
}

TEST(ErrorOfJob, WhatMayQuoteARowIsNotPassedOnAndSaysWhereItIs) {
  for (const char* reason : {"invalidQuery", "invalid", "", "somethingNew"}) {
    const Error error = ErrorOfJob(Failed(reason, "Bad int64 value: MARKER"));
    EXPECT_THAT(error.Message(), Not(HasSubstr("MARKER"))) << reason;
    EXPECT_THAT(error.Message(), HasSubstr("bq show -j p:EU.salvor-1"));
  }
}

TEST(ErrorOfJob, RightsNamesAndQuotasAreSaidInTheServicesWords) {
  for (const char* reason : {"accessDenied", "notFound", "quotaExceeded",
                             "bytesBilledLimitExceeded", "resourcesExceeded", "jobBackendError"}) {
    EXPECT_THAT(ErrorOfJob(Failed(reason, "the table p:d.t")).what, HasSubstr("the table p:d.t"));
  }
  EXPECT_THAT(ErrorOfJob(Failed("invalid", "Provided Schema does not match", "copy")).what,
              HasSubstr("Provided Schema"))
      << "a copy reads no values";
}

TEST(FailedAssertion, IsTheScriptsOwnTextAndNothingAroundIt) {
  EXPECT_EQ(FailedAssertion("Query error: a partition that must be empty has rows: nothing was "
                            "written; MARKER at [3:1]"),
            "a partition that must be empty has rows: nothing was written");
  EXPECT_EQ(FailedAssertion("MARKER: nothing was written"), "");
}

}  // namespace
}  // namespace salvor::bigquery
