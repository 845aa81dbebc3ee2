#include "bigquery/access/readers.h"

#include <gtest/gtest.h>

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

AccessFacts Facts(const std::string& project, Json access) {
  AccessFacts facts;
  facts.project = project;
  facts.access = std::move(access);
  facts.ancestry = {"projects/" + project};
  return facts;
}

Json User(const std::string& who, const std::string& role = "READER") {
  return {{"role", role}, {"userByEmail", who}};
}
Json Special(const std::string& group, const std::string& role = "READER") {
  return {{"role", role}, {"specialGroup", group}};
}
Json Policy(const std::string& role, std::vector<std::string> members) {
  return {{"bindings", {{{"role", role}, {"members", std::move(members)}}}}};
}

std::vector<std::string> Strangers(const AccessFacts& source, const AccessFacts& staging,
                                   const std::vector<std::string>& also = {}) {
  const auto verdict = CompareReaders(source, staging, also);
  EXPECT_TRUE(verdict) << verdict.error().Message();
  std::vector<std::string> names;
  for (const Reader& reader : verdict->strangers) names.push_back(reader.who);
  return names;
}

using Names = std::vector<std::string>;

TEST(Readers, AReaderOfTheSourceMayReadStaging) {
  EXPECT_EQ(Strangers(Facts("p", {User("a@x.com")}), Facts("p", {User("A@X.com", "OWNER")})),
            Names());
}

TEST(Readers, AnybodyElseIsAStranger) {
  EXPECT_EQ(Strangers(Facts("p", {User("a@x.com")}), Facts("p", {User("b@x.com")})),
            Names{"user:b@x.com"});
}

TEST(Readers, OnlyMetadataIsNoReading) {
  EXPECT_EQ(Strangers(Facts("p", Json::array()),
                      Facts("p", {User("b@x.com", "roles/bigquery.metadataViewer")})),
            Names());
  // and gives no right to read staging either
  EXPECT_EQ(Strangers(Facts("p", {User("b@x.com", "roles/bigquery.metadataViewer")}),
                      Facts("p", {User("b@x.com")})),
            Names{"user:b@x.com"});
}

TEST(Readers, AnUnknownRoleReadsStagingAndDoesNotReadTheSource) {
  const Json custom = User("b@x.com", "projects/p/roles/custom");
  EXPECT_EQ(Strangers(Facts("p", {custom}), Facts("p", {custom})), Names{"user:b@x.com"});
}

TEST(Readers, TheSameWordsInAnotherProjectAreOtherPeople) {
  EXPECT_EQ(
      Strangers(Facts("p", {Special("projectReaders")}), Facts("p", {Special("projectReaders")})),
      Names());
  EXPECT_EQ(
      Strangers(Facts("p", {Special("projectReaders")}), Facts("q", {Special("projectReaders")})),
      Names{"projectReaders of project q"});
}

TEST(Readers, SpecialGroupsAreExpandedByTheirOwnProject) {
  AccessFacts source = Facts("p", {Special("projectOwners", "OWNER")});
  source.policies["projects/p"] = Policy("roles/owner", {"user:a@x.com"});
  AccessFacts staging = Facts("q", {Special("projectOwners", "OWNER")});
  staging.policies["projects/q"] = Policy("roles/owner", {"user:a@x.com"});
  EXPECT_EQ(Strangers(source, staging), Names());
  staging.policies["projects/q"] = Policy("roles/owner", {"user:a@x.com", "user:c@x.com"});
  EXPECT_EQ(Strangers(source, staging), Names{"user:c@x.com"});
}

TEST(Readers, WhoReadsTheWholeStagingProjectReadsStaging) {
  AccessFacts staging = Facts("q", Json::array());
  staging.policies["projects/q"] = Policy("roles/bigquery.admin", {"group:admins@x.com"});
  EXPECT_EQ(Strangers(Facts("p", Json::array()), staging), Names{"group:admins@x.com"});
}

TEST(Readers, WhatBothInheritGivesNobodyMore) {
  AccessFacts source = Facts("p", Json::array());
  AccessFacts staging = Facts("q", Json::array());
  source.ancestry.push_back("organizations/1");
  staging.ancestry.push_back("organizations/1");
  staging.policies["organizations/1"] = Policy("roles/bigquery.admin", {"user:boss@x.com"});
  EXPECT_EQ(Strangers(source, staging), Names());
}

TEST(Readers, AConditionMayNotHold) {
  Json always = User("a@x.com");
  Json sometimes = always;
  sometimes["condition"] = {{"expression", "request.time < timestamp('2026-01-01T00:00:00Z')"}};
  EXPECT_EQ(Strangers(Facts("p", {sometimes}), Facts("p", {always})), Names{"user:a@x.com"});
  EXPECT_EQ(Strangers(Facts("p", {always}), Facts("p", {sometimes})), Names());
  EXPECT_EQ(Strangers(Facts("p", {sometimes}), Facts("p", {sometimes})), Names());
}

Json Conditional(const std::string& who, const std::string& expression) {
  Json policy = Policy("roles/bigquery.dataViewer", {"user:" + who});
  policy["bindings"][0]["condition"] = {{"title", "t"}, {"expression", expression}};
  return policy;
}

TEST(Readers, AConditionOnTheResourceIsNoRightToTheSourceInWhateverWords) {
  const std::string name = "resource.name.startsWith('projects/locked/')";
  AccessFacts source = Facts("p", Json::array());
  AccessFacts staging = Facts("locked", Json::array());
  source.policies["projects/p"] = Conditional("eve@x.com", name);
  staging.policies["projects/locked"] = Conditional("eve@x.com", name);
  EXPECT_EQ(Strangers(source, staging), Names{"user:eve@x.com"});
  // who reads the source without it is no stranger
  source.access = {User("eve@x.com")};
  EXPECT_EQ(Strangers(source, staging), Names());
}

TEST(Readers, WhatBothInheritUnderAConditionOnTheResourceMayBeStagingAlone) {
  AccessFacts source = Facts("p", Json::array());
  AccessFacts staging = source;
  const auto with = [&](const std::string& expression) {
    source.policies["projects/p"] = staging.policies["projects/p"] =
        Conditional("eve@x.com", expression);
    return Strangers(source, staging);
  };
  EXPECT_EQ(with("resource.name == 'projects/p/datasets/staging'"), Names{"user:eve@x.com"});
  EXPECT_EQ(with("resource.matchTag('1/env', 'private')"), Names{"user:eve@x.com"});
  EXPECT_EQ(with("resource.type == 'bigquery.googleapis.com/Table'"), Names());
  EXPECT_EQ(with("request.time < timestamp('2026-01-01T00:00:00Z')"), Names());
}

TEST(Readers, AnAuthorisedViewIsAReader) {
  const Json view = {{"view", {{"projectId", "p"}, {"datasetId", "d"}, {"tableId", "v"}}}};
  EXPECT_EQ(Strangers(Facts("p", Json::array()), Facts("p", {view})).size(), 1U);
  EXPECT_EQ(Strangers(Facts("p", {view}), Facts("p", {view})), Names());
}

TEST(Readers, AServiceAccountIsOnePrincipalInBothSpellings) {
  AccessFacts source = Facts("p", Json::array());
  source.table_policy = Policy("roles/bigquery.dataViewer", {"serviceAccount:s@p.iam"});
  EXPECT_EQ(Strangers(source, Facts("p", {User("s@p.iam")})), Names());
}

TEST(Readers, ThePublicIsRefusedWhateverTheSourceSays) {
  for (const Json& open :
       {Special("allAuthenticatedUsers"), Json{{"role", "READER"}, {"iamMember", "allUsers"}},
        Json{{"role", "READER"}, {"domain", "x.com"}}}) {
    const auto verdict = CompareReaders(Facts("p", {open}), Facts("p", {open}), {});
    ASSERT_FALSE(verdict) << open;
    EXPECT_EQ(verdict.error().code, Code::kRefused);
  }
}

TEST(Readers, AnEntryThatIsNotKnownIsAReader) {
  EXPECT_EQ(Strangers(Facts("p", Json::array()), Facts("p", {Json{{"novelty", 1}}})).size(), 1U);
  EXPECT_EQ(Strangers(Facts("p", Json::array()), Facts("p", {Json("text")})).size(), 1U);
}

TEST(Readers, AProvenReaderIsNoStranger) {
  EXPECT_EQ(Strangers(Facts("p", Json::array()), Facts("p", {User("me@x.com", "OWNER")}),
                      {"user:me@x.com"}),
            Names());
}

TEST(Readers, WhatCouldNotBeLookedUpOnTheStagingSideIsUnknown) {
  AccessFacts staging = Facts("q", Json::array());
  staging.unreadable = {"who may what in projects/q"};
  const auto verdict = CompareReaders(Facts("p", Json::array()), staging, {});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->unknown.size(), 1U);
}

}  // namespace
}  // namespace salvor::bigquery
