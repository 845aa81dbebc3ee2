#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace salvor::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(const std::string& section) {
  const auto config = ParseConfig("tickets: " + section, "/team/salvor.yaml");
  if (config) return "accepted";
  EXPECT_EQ(config.error().code, Code::kInvalidArgument);
  return config.error().Message();
}

TEST(Tickets, EveryKeyIsRead) {
  const auto config = ParseConfig(
      "tickets:\n  kind: jira\n  url: https://x.atlassian.net\n  project: DSRE\n"
      "  issue_type: Incident\n  api: 2\n  user: ann@example.com\n  token: {file: secret/jira}\n"
      "  redact: true\n",
      "/team/salvor.yaml");
  ASSERT_TRUE(config) << config.error().Message();
  const Tickets& tickets = *config->tickets;
  EXPECT_EQ(tickets.project, "DSRE");
  EXPECT_EQ(tickets.issue_type, "Incident");
  EXPECT_EQ(tickets.api, 2);
  EXPECT_EQ(tickets.user, "ann@example.com");
  EXPECT_EQ(tickets.token_file, "/team/secret/jira");
  EXPECT_TRUE(tickets.redact);
}

TEST(Tickets, TokenMayComeFromAProgram) {
  const auto config = ParseConfig(
      "tickets: {kind: github, url: 'https://api.github.com', repository: o/r, "
      "token: {command: [pass, show, github]}}",
      "/team/salvor.yaml");
  ASSERT_TRUE(config) << config.error().Message();
  EXPECT_THAT(config->tickets->token_command, ElementsAre("pass", "show", "github"));
  EXPECT_FALSE(config->tickets->redact);
}

TEST(Tickets, TokenInTheFileItselfIsRefusedAndNotRepeated) {
  const std::string error =
      ErrorOf("{kind: github, url: 'https://x', repository: o/r, token: s3cret}");
  EXPECT_THAT(error, HasSubstr("must not stand here itself"));
  EXPECT_THAT(error, ::testing::Not(HasSubstr("s3cret")));
}

TEST(Tickets, WrongValuesAreNamed) {
  EXPECT_THAT(ErrorOf("{kind: jria, url: x, token: {file: f}}"), HasSubstr("nearest is 'jira'"));
  EXPECT_THAT(ErrorOf("{kind: jira, url: x, token: {file: f}}"), HasSubstr("project"));
  EXPECT_THAT(ErrorOf("{kind: bugzilla, url: x, product: p, token: {file: f}}"),
              HasSubstr("component"));
  EXPECT_THAT(ErrorOf("{kind: github, url: x, repository: r}"), HasSubstr("token"));
  EXPECT_THAT(ErrorOf("{kind: github, url: x, repository: r, token: {file: f, command: [c]}}"),
              HasSubstr("not both"));
  EXPECT_THAT(ErrorOf("{kind: github, url: x, repository: r, token: {file: f}, redact: 'yes'}"),
              HasSubstr("true or false"));
  EXPECT_THAT(ErrorOf("{kind: github, url: x, repository: r, token: {file: f}, colour: red}"),
              HasSubstr("colour"));
}

}  // namespace
}  // namespace salvor::config
