// What is asked of each tracker, and what of their answers is believed. The documents of the
// questions and answers are those of the trackers' own pages; tests/judges/ticket_test.py says
// which.
#include "ticket/tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "testing/scripted_clock.h"
#include "ticket/trackers.h"

namespace salvor::ticket {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class FixedRandom final : public io::Random {
 public:
  [[nodiscard]] uint64_t Next() const override { return 0; }
};

// Gives its answers one after the other and keeps the questions.
class ScriptedClient final : public http::Client {
 public:
  Result<http::Response> Send(const http::Request& request) override {
    asked.push_back(request);
    if (answers.empty()) return Fail(Code::kUnavailable, "no answer is left");
    auto answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }
  void Answer(int status, std::string body) {
    answers.emplace_back(http::Response{status, {}, std::move(body)});
  }

  std::deque<Result<http::Response>> answers;
  std::vector<http::Request> asked;
};

class TrackerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Tracker> Make(const Settings& settings) {
    auto made = MakeTracker(settings, "s3cret", client_, clock_, random_);
    EXPECT_TRUE(made) << made.error().Message();
    return made ? *std::move(made) : nullptr;
  }
  static Settings Jira(int api = 3) {
    Settings settings;
    settings.url = "https://x.atlassian.net/";
    settings.project = "DSRE";
    settings.api = api;
    return settings;
  }
  static Settings Bugzilla() {
    Settings settings;
    settings.kind = Kind::kBugzilla;
    settings.url = "https://bugs";
    settings.product = "Data";
    settings.component = "Ops & more";
    return settings;
  }
  static Settings Github() {
    Settings settings;
    settings.kind = Kind::kGithub;
    settings.url = "https://api.github.com";
    settings.repository = "o/r";
    return settings;
  }
  [[nodiscard]] json Sent(size_t index) const { return json::parse(client_.asked.at(index).body); }
  [[nodiscard]] std::string Header(size_t index, const std::string& name) const {
    for (const auto& header : client_.asked.at(index).headers) {
      if (header.name == name) return header.value;
    }
    return {};
  }

  ScriptedClient client_;
  salvor::testing::ScriptedClock clock_;
  FixedRandom random_;
};

TEST_F(TrackerTest, JiraOpensWithADocumentOrWithMarkup) {
  client_.Answer(201, R"({"id":"10000","key":"DSRE-24","self":"https://evil/"})");
  auto opened = Make(Jira())->Open("title", R"({"type":"doc","version":1,"content":[]})");
  ASSERT_TRUE(opened) << opened.error().Message();
  EXPECT_EQ(opened->url, "https://x.atlassian.net/browse/DSRE-24");
  EXPECT_EQ(client_.asked[0].url, "https://x.atlassian.net/rest/api/3/issue");
  EXPECT_EQ(Sent(0)["fields"]["description"]["type"], "doc");
  EXPECT_EQ(Header(0, "Authorization"), "Bearer s3cret");

  client_.Answer(201, R"({"key":"DSRE-25"})");
  ASSERT_TRUE(Make(Jira(2))->Open("title", "h3. markup"));
  EXPECT_EQ(client_.asked[1].url, "https://x.atlassian.net/rest/api/2/issue");
  EXPECT_EQ(Sent(1)["fields"], (json{{"project", {{"key", "DSRE"}}},
                                     {"issuetype", {{"name", "Task"}}},
                                     {"summary", "title"},
                                     {"description", "h3. markup"}}));
}

TEST_F(TrackerTest, BugzillaIsSentNoFieldThatItMayNotKnow) {
  client_.Answer(200, R"({"id":12345})");
  Settings settings = Bugzilla();
  ASSERT_TRUE(Make(settings)->Open("title", "text"));
  EXPECT_EQ(Sent(0), (json{{"product", "Data"},
                           {"component", "Ops & more"},
                           {"version", "unspecified"},
                           {"summary", "title"},
                           {"description", "text"},
                           {"op_sys", "All"},
                           {"platform", "All"}}));
  client_.Answer(200, R"({"id":12346})");
  settings.issue_type = "task";
  ASSERT_TRUE(Make(settings)->Open("title", "text"));
  EXPECT_EQ(Sent(1)["type"], "task");
}

TEST_F(TrackerTest, WhatMovedIsNotFollowedAndIsSaid) {
  client_.Answer(301, R"({"message":"Moved Permanently","url":"https://evil/"})");
  const auto texts = Make(Github())->Texts("1");
  ASSERT_FALSE(texts);
  EXPECT_EQ(texts.error().code, Code::kNotFound);
  EXPECT_THAT(texts.error().what, HasSubstr("Moved Permanently"));
  EXPECT_EQ(client_.asked.size(), 1U);
}

TEST_F(TrackerTest, TokenOfTheCloudBelongsToAUser) {
  Settings settings = Jira();
  settings.user = "ann@example.com";
  client_.Answer(200, R"({"issues":[],"isLast":true})");
  ASSERT_TRUE(Make(settings)->Find("m", "t"));
  EXPECT_EQ(Header(0, "Authorization"), "Basic YW5uQGV4YW1wbGUuY29tOnMzY3JldA==");
}

TEST_F(TrackerTest, JiraFindsByTheMarkAndBelievesTheTextOnly) {
  const std::string issues = R"({"issues":[
    {"key":"DSRE-1","fields":{"summary":"mark","description":"another"}},
    {"key":"../DSRE","fields":{"summary":"mark","description":"text"}},
    {"key":"DSRE-3","fields":{"summary":"mark","description":
      {"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"the "},
      {"type":"text","text":"text"}]}]}}}]})";
  client_.Answer(200, issues);
  auto found = Make(Jira())->Find("mark", "the text");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->key, "DSRE-3");
  EXPECT_THAT(client_.asked[0].url,
              HasSubstr("/rest/api/3/search/jql?jql=project%20%3D%20%22DSRE"));
  client_.Answer(200, issues);
  ASSERT_TRUE(Make(Jira(2))->Find("mark", "the text"));
  EXPECT_THAT(client_.asked[1].url, HasSubstr("/rest/api/2/search?jql="));
}

TEST_F(TrackerTest, BugzillaOpensAndComments) {
  client_.Answer(200, R"({"id":12345})");
  auto opened = Make(Bugzilla())->Open("title", "body");
  ASSERT_TRUE(opened) << opened.error().Message();
  EXPECT_EQ(opened->url, "https://bugs/show_bug.cgi?id=12345");
  EXPECT_EQ(Sent(0)["component"], "Ops & more");
  EXPECT_EQ(Sent(0)["version"], "unspecified");
  EXPECT_EQ(Header(0, "X-BUGZILLA-API-KEY"), "s3cret");
  client_.Answer(201, R"({"id":789})");
  EXPECT_TRUE(Make(Bugzilla())->Comment("12345", "hello"));
  EXPECT_EQ(client_.asked[1].url, "https://bugs/rest/bug/12345/comment");
}

TEST_F(TrackerTest, BugzillasErrorUnderAGoodStatusIsAnError) {
  client_.Answer(200, R"({"error":true,"code":105,"message":"no such component"})");
  auto opened = Make(Bugzilla())->Open("title", "body");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kInvalidArgument);
  EXPECT_THAT(opened.error().what, HasSubstr("no such component"));
}

TEST_F(TrackerTest, GithubLooksAtTheNewestAndThenSearches) {
  client_.Answer(200, R"([{"number":7,"title":"mark","body":"the text","pull_request":{}},
                          {"number":6,"title":"other","body":"the text"}])");
  client_.Answer(200,
                 R"({"total_count":1,"items":[{"number":3,"title":"a mark","body":"the text"}]})");
  auto found = Make(Github())->Find("mark", "the text");
  ASSERT_TRUE(found) << found.error().Message();
  EXPECT_EQ((*found)->url, "https://github.com/o/r/issues/3");
  EXPECT_THAT(client_.asked[0].url, HasSubstr("https://api.github.com/repos/o/r/issues?state=all"));
  EXPECT_THAT(client_.asked[1].url, HasSubstr("/search/issues?q=%22mark%22%20in%3Atitle"));
  EXPECT_EQ(Header(0, "X-GitHub-Api-Version"), "2022-11-28");
}

TEST_F(TrackerTest, GithubsCommentsAreReadPageByPage) {
  json page = json::array();
  for (int i = 0; i < 100; ++i) page.push_back({{"body", "c" + std::to_string(i)}});
  client_.Answer(200, R"({"body":"first"})");
  client_.Answer(200, page.dump());
  client_.Answer(200, R"([{"body":"last"}])");
  auto texts = Make(Github())->Texts("3");
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->size(), 102U);
  EXPECT_EQ(texts->back(), "last");
}

TEST_F(TrackerTest, HostileAnswersAreErrors) {
  const std::string deep(100'000, '[');
  for (const std::string& body :
       {std::string("<html>login</html>"), deep, std::string("\xff\xfe"), std::string("null"),
        std::string(R"({"key":"DSRE-1/../../x"})"), std::string(R"({"key":{"a":1}})"),
        std::string(R"([])"), std::string()}) {
    client_.Answer(201, body);
    auto opened = Make(Jira())->Open("title", "{}");
    ASSERT_FALSE(opened) << body.substr(0, 40);
    EXPECT_EQ(opened.error().code, Code::kOutcomeUnknown) << body.substr(0, 40);
  }
  for (const char* body : {"{\"issues\":7}", "{\"issues\":[7,null,{}]}", "[]", "7"}) {
    client_.Answer(200, body);
    auto found = Make(Jira())->Find("m", "t");
    ASSERT_TRUE(found) << body;
    EXPECT_FALSE(*found) << body;
  }
}

TEST_F(TrackerTest, WritingIsSentOnceAndReadingAgain) {
  client_.Answer(502, "");
  auto opened = Make(Jira())->Open("title", "{}");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kOutcomeUnknown);
  EXPECT_EQ(client_.asked.size(), 1U);
  client_.Answer(502, "");
  client_.Answer(200, R"({"issues":[]})");
  EXPECT_TRUE(Make(Jira())->Find("m", "t"));
  EXPECT_EQ(client_.asked.size(), 3U);
}

TEST_F(TrackerTest, RefusalsQuoteTheTrackerAndNeverTheToken) {
  client_.Answer(400,
                 R"({"errorMessages":["no"],"errors":{"project":"valid project is required"}})");
  auto opened = Make(Jira())->Open("title", "{}");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kInvalidArgument);
  EXPECT_THAT(opened.error().Message(), HasSubstr("no; project: valid project is required"));
  client_.Answer(401, "");
  opened = Make(Jira())->Open("title", "{}");
  EXPECT_EQ(opened.error().code, Code::kPermission);
  EXPECT_THAT(opened.error().Message(), Not(HasSubstr("s3cret")));
}

TEST_F(TrackerTest, TrackerThatEchoesTheTokenIsNotQuoted) {
  Settings jira = Jira();
  jira.user = "ann@example.com";
  for (const char* echo :
       {"s3cret", "bad token s3cret!", "Basic YW5uQGV4YW1wbGUuY29tOnMzY3JldA==", "czNjcmV0"}) {
    for (const Settings& settings : {jira, Bugzilla(), Github()}) {
      client_.Answer(401, json{{"message", echo}, {"errorMessages", {echo}}}.dump());
      const auto opened = Make(settings)->Open("title", "{}");
      ASSERT_FALSE(opened);
      EXPECT_THAT(opened.error().Message(), Not(HasSubstr(echo)));
      EXPECT_THAT(opened.error().Message(), HasSubstr("hold the token"));
    }
  }
  client_.Answer(200, R"({"error":true,"message":"the key s3cret is wrong"})");
  const auto refused = Make(Bugzilla())->Open("title", "body");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().Message(), Not(HasSubstr("s3cret")));
}

TEST_F(TrackerTest, PlainHttpToAnotherMachineIsRefused) {
  Settings settings = Bugzilla();
  settings.url = "http://bugs.example.com";
  auto made = MakeTracker(settings, "s3cret", client_, clock_, random_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::kRefused);
  settings.url = "http://127.0.0.1:8080";
  EXPECT_TRUE(MakeTracker(settings, "s3cret", client_, clock_, random_));
}

TEST_F(TrackerTest, SettingsThatCannotBeAreRefused) {
  const auto refused = [&](const Settings& settings, const std::string& token = "t") {
    auto made = MakeTracker(settings, token, client_, clock_, random_);
    return !made && made.error().code == Code::kInvalidArgument;
  };
  Settings jira = Jira();
  jira.project = "DSRE\" OR project = \"X";
  EXPECT_TRUE(refused(jira));
  Settings github = Github();
  for (const char* repository : {"", "o", "o/r/x", "../r", "o/..", "o/r?x"}) {
    github.repository = repository;
    EXPECT_TRUE(refused(github)) << repository;
  }
  EXPECT_TRUE(refused(Jira(), ""));
  EXPECT_TRUE(refused(Jira(), "two\r\nlines"));
}

}  // namespace
}  // namespace salvor::ticket
