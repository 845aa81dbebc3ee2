#include <map>

#include "testing/bigquery_server/access/authority.h"

namespace salvor::testing::bigquery {

namespace {

using Permissions = std::set<std::string_view>;

Permissions operator+(Permissions one, const Permissions& other) {
  one.insert(other.begin(), other.end());
  return one;
}

std::map<std::string_view, Permissions> MakeRoles() {
  const Permissions metadata = {"bigquery.datasets.get", "bigquery.tables.get",
                                "bigquery.tables.list", "bigquery.routines.get",
                                "bigquery.routines.list"};
  const Permissions viewer =
      metadata + Permissions{"bigquery.tables.getData", "bigquery.tables.export",
                             "bigquery.tables.replicateData", "bigquery.tables.createSnapshot"};
  const Permissions editor =
      viewer + Permissions{"bigquery.tables.create",          "bigquery.tables.delete",
                           "bigquery.tables.update",          "bigquery.tables.updateData",
                           "bigquery.tables.restoreSnapshot", "bigquery.datasets.create",
                           "bigquery.tables.createIndex",     "bigquery.tables.updateTag"};
  const Permissions owner = editor + Permissions{"bigquery.datasets.update",
                                                 "bigquery.datasets.delete",
                                                 "bigquery.datasets.getIamPolicy",
                                                 "bigquery.datasets.setIamPolicy",
                                                 "bigquery.tables.getIamPolicy",
                                                 "bigquery.tables.setIamPolicy",
                                                 "bigquery.tables.deleteSnapshot",
                                                 "bigquery.rowAccessPolicies.list",
                                                 "bigquery.rowAccessPolicies.create",
                                                 "bigquery.rowAccessPolicies.update",
                                                 "bigquery.rowAccessPolicies.delete",
                                                 "bigquery.tables.setCategory",
                                                 "bigquery.rowAccessPolicies.getIamPolicy",
                                                 "bigquery.rowAccessPolicies.setIamPolicy"};
  const Permissions job_user = {"bigquery.jobs.create"};
  const Permissions user =
      job_user + Permissions{"bigquery.datasets.create", "bigquery.datasets.get",
                             "bigquery.tables.list", "bigquery.jobs.list"};
  const Permissions jobs = {"bigquery.jobs.get", "bigquery.jobs.list", "bigquery.jobs.listAll"};
  const Permissions project = {"resourcemanager.projects.get"};
  const Permissions policies = {"resourcemanager.projects.getIamPolicy",
                                "resourcemanager.projects.setIamPolicy"};
  const Permissions admin =
      owner + user + jobs +
      Permissions{"bigquery.jobs.update",
                  "bigquery.rowAccessPolicies.overrideTimeTravelRestrictions"};
  return {
      {"roles/bigquery.metadataViewer", metadata},
      {"roles/bigquery.dataViewer", viewer},
      {"roles/bigquery.dataEditor", editor},
      {"roles/bigquery.dataOwner", owner},
      {"roles/bigquery.jobUser", job_user},
      {"roles/bigquery.user", user},
      {"roles/bigquery.resourceViewer", jobs},
      {"roles/bigquery.admin", admin + project},
      {"roles/bigquery.studioAdmin", admin + project},
      {"roles/iam.securityReviewer",
       {"resourcemanager.projects.getIamPolicy", "bigquery.datasets.getIamPolicy",
        "bigquery.tables.getIamPolicy"}},
      // Access to data comes from the datasets' own entries for the basic roles.
      {"roles/viewer", user + project},
      {"roles/editor", user + project},
      // What a project's owner cannot do is override row-access policies' hold on the past.
      {"roles/owner",
       owner + user + jobs + project + policies + Permissions{"bigquery.jobs.update"}},
      {"READER", viewer},
      {"WRITER", editor},
      {"OWNER", owner},
  };
}

}  // namespace

const std::set<std::string_view>* PredefinedRole(std::string_view role) {
  static const auto roles = MakeRoles();
  const auto found = roles.find(role);
  return found == roles.end() ? nullptr : &found->second;
}

}  // namespace salvor::testing::bigquery
