// datasets.* of the REST API. Source: rest/v2/datasets.
#include <algorithm>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/paging.h"
#include "testing/bigquery_server/rest/router.h"
#include "testing/bigquery_server/rest/table_resource.h"

namespace salvor::testing::bigquery {

namespace {

Status CheckAccess(const Json& access) {
  for (const Json& entry : access) {
    SALVOR_OK(RefuseUnknown(entry,
                            {"role", "userByEmail", "groupByEmail", "domain", "specialGroup",
                             "iamMember", "view", "routine", "dataset", "condition"},
                            "dataset.access"));
    const bool authorised = Find(entry, "view") != nullptr || Find(entry, "routine") != nullptr ||
                            Find(entry, "dataset") != nullptr;
    const std::string role = TextAt(entry, "role");
    if (authorised ? !role.empty() : PredefinedRole(role) == nullptr) {
      return Refuse("invalid", "Invalid role \"" + role + "\" in an access entry");
    }
  }
  return Done{};
}

Status CheckBody(const Json& body) {
  SALVOR_OK(RefuseUnknown(body,
                          {"kind",
                           "etag",
                           "id",
                           "selfLink",
                           "datasetReference",
                           "friendlyName",
                           "description",
                           "defaultTableExpirationMs",
                           "defaultPartitionExpirationMs",
                           "labels",
                           "access",
                           "creationTime",
                           "lastModifiedTime",
                           "location",
                           "defaultEncryptionConfiguration",
                           "maxTimeTravelHours",
                           "storageBillingModel",
                           "isCaseInsensitive",
                           "defaultCollation",
                           "defaultRoundingMode",
                           "resourceTags",
                           "tags",
                           "type",
                           "satisfiesPzs",
                           "satisfiesPzi",
                           "linkedDatasetSource",
                           "externalDatasetReference"},
                          "dataset"));
  if (const Json* hours = Find(body, "maxTimeTravelHours"); hours != nullptr) {
    const int64_t window = NumberAt(body, "maxTimeTravelHours").value_or(0);
    if (window < 48 || window > 168 || window % 24 != 0) {
      return Refuse("invalid", "maxTimeTravelHours must be a multiple of 24 between 48 and 168");
    }
  }
  const auto life = NumberAt(body, "defaultTableExpirationMs");
  if (life && *life != 0 && *life < kHourMs) {
    return Refuse("invalid", "defaultTableExpirationMs must be at least one hour");
  }
  if (const Json* access = Find(body, "access"); access != nullptr) {
    SALVOR_OK(CheckAccess(*access));
  }
  return Done{};
}

void DropOutputOnly(Json& body) {
  for (const char* name : {"kind", "etag", "id", "selfLink", "datasetReference", "creationTime",
                           "lastModifiedTime", "type"}) {
    body.erase(name);
  }
}

Json Resource(const Dataset& dataset, bool metadata, bool acl) {
  Json resource = metadata ? dataset.body : Json::object();
  resource.erase("access");
  resource["kind"] = "bigquery#dataset";
  resource["etag"] = dataset.Etag();
  resource["id"] = dataset.Text();
  resource["selfLink"] = "/bigquery/v2/projects/" + dataset.project + "/datasets/" + dataset.id;
  resource["datasetReference"] = {{"projectId", dataset.project}, {"datasetId", dataset.id}};
  resource["location"] = dataset.Location();
  resource["type"] = "DEFAULT";
  if (metadata) {
    resource["creationTime"] = std::to_string(dataset.created_ms);
    resource["lastModifiedTime"] = std::to_string(dataset.modified_ms);
    resource["maxTimeTravelHours"] = TextAt(dataset.body, "maxTimeTravelHours", "168");
  }
  if (acl) resource["access"] = dataset.body.value("access", Json::array());
  return resource;
}

Result<Answer> Insert(World& world, const Call& call) {
  SALVOR_OK(CheckBody(call.json));
  const std::string& project = call.Part("projectId");
  SALVOR_OK(world.authority.WantProject(call.principal, "bigquery.datasets.create", project));
  const std::string id = TextAt(call.json, "datasetReference.datasetId");
  SALVOR_OK(CheckDatasetId(id));
  auto& datasets = world.store.ProjectOf(project).datasets;
  if (datasets.count(id) != 0) {
    return Refuse("duplicate", "Already Exists: Dataset " + project + ":" + id);
  }
  Store::Change change(world.store, world.clock.NowMs());
  Dataset dataset{project, id, WithoutNulls(call.json), change.at_ms(), change.at_ms(), 0, {}};
  DropOutputOnly(dataset.body);
  dataset.body["location"] = CanonicalLocation(TextAt(call.json, "location", "US"));
  if (Find(dataset.body, "access") == nullptr || dataset.body["access"].empty()) {
    dataset.body["access"] = Authority::DefaultAccess(call.principal);
  }
  Dataset& stored = datasets[id] = std::move(dataset);
  SALVOR_OK(change.Commit());
  return Answer{200, Resource(stored, true, true)};
}

Result<Answer> Get(World& world, const Call& call) {
  SALVOR_TRY(Dataset* const dataset,
             world.store.FindDataset(call.Part("projectId"), call.Part("datasetId")));
  const std::string view = call.Query("datasetView");
  const bool metadata = view != "ACL";
  const bool acl = view != "METADATA";
  if (!view.empty() && view != "ACL" && view != "METADATA" && view != "FULL" &&
      view != "DATASET_VIEW_UNSPECIFIED") {
    return Refuse("badRequest", "Invalid value at 'dataset_view'");
  }
  if (metadata) {
    SALVOR_OK(world.authority.WantDataset(call.principal, "bigquery.datasets.get", *dataset));
  }
  if (view == "ACL" || view == "FULL") {
    SALVOR_OK(
        world.authority.WantDataset(call.principal, "bigquery.datasets.getIamPolicy", *dataset));
  }
  Json resource = Resource(*dataset, metadata, acl);
  // Without version 3 a conditional entry is told under a role that nobody has.
  if (acl && call.Query("accessPolicyVersion") != "3") {
    for (Json& entry : resource["access"]) {
      if (entry.contains("condition")) {
        entry["role"] = TextAt(entry, "role") + "_withcond_0000000000000000";
        entry.erase("condition");
      }
    }
  }
  return Answer{200, resource};
}

Result<Answer> List(World& world, const Call& call) {
  const std::string& project = call.Part("projectId");
  std::vector<Json> all;
  for (const auto& [id, dataset] : world.store.ProjectOf(project).datasets) {
    if (!world.authority.MayOnDataset(call.principal, "bigquery.datasets.get", dataset)) continue;
    Json item = {{"kind", "bigquery#dataset"},
                 {"id", dataset.Text()},
                 {"datasetReference", {{"projectId", project}, {"datasetId", id}}},
                 {"location", dataset.Location()}};
    if (const Json* labels = Find(dataset.body, "labels")) item["labels"] = *labels;
    all.push_back(std::move(item));
  }
  Json body = {{"kind", "bigquery#datasetList"}, {"etag", "\"list\""}};
  SALVOR_OK(LayPage(all, "datasets", call, body));
  return Answer{200, body};
}

Result<Answer> Change(World& world, const Call& call, bool whole) {
  SALVOR_TRY(Dataset* const dataset,
             world.store.FindDataset(call.Part("projectId"), call.Part("datasetId")));
  SALVOR_OK(world.authority.WantDataset(call.principal, "bigquery.datasets.update", *dataset));
  SALVOR_OK(CheckMatch(call, dataset->Etag()));
  SALVOR_OK(CheckBody(WithoutNulls(call.json)));
  Json changes = call.json;
  DropOutputOnly(changes);
  if (changes.contains("location") &&
      CanonicalLocation(TextAt(changes, "location")) != dataset->Location()) {
    return Refuse("invalid", "Dataset location cannot be changed");
  }
  changes.erase("location");
  Store::Change change(world.store, world.clock.NowMs());
  if (whole) {
    Json kept = {{"location", dataset->Location()}, {"access", dataset->body["access"]}};
    dataset->body = std::move(kept);
  }
  MergePatch(dataset->body, changes);
  dataset->modified_ms = change.at_ms();
  ++dataset->revision;
  SALVOR_OK(change.Commit());
  return Answer{200, Resource(*dataset, true, true)};
}

Result<Answer> Patch(World& world, const Call& call) { return Change(world, call, false); }

Result<Answer> Update(World& world, const Call& call) { return Change(world, call, true); }

Result<Answer> Delete(World& world, const Call& call) {
  SALVOR_TRY(Dataset* const dataset,
             world.store.FindDataset(call.Part("projectId"), call.Part("datasetId")));
  SALVOR_OK(world.authority.WantDataset(call.principal, "bigquery.datasets.delete", *dataset));
  SALVOR_OK(CheckMatch(call, dataset->Etag()));
  const bool empty =
      std::none_of(dataset->tables.begin(), dataset->tables.end(),
                   [](const auto& entry) { return entry.second.back().deleted_ms == kForever; });
  if (!empty && call.Query("deleteContents") != "true" && call.Query("deleteContents") != "True") {
    return Refuse("resourceInUse", "Dataset " + dataset->Text() + " is still in use");
  }
  world.store.ProjectOf(dataset->project).datasets.erase(dataset->id);
  return Answer{204};
}

}  // namespace

std::vector<Route> DatasetRoutes() {
  constexpr std::string_view kAll = "/bigquery/v2/projects/{projectId}/datasets";
  constexpr std::string_view kOne = "/bigquery/v2/projects/{projectId}/datasets/{datasetId}";
  return {
      {"datasets.insert", "POST", kAll, {"accessPolicyVersion"}, Insert},
      {"datasets.list", "GET", kAll, {"all", "filter", "maxResults", "pageToken"}, List},
      {"datasets.get", "GET", kOne, {"datasetView", "accessPolicyVersion"}, Get},
      {"datasets.patch", "PATCH", kOne, {"accessPolicyVersion", "updateMode"}, Patch},
      {"datasets.update", "PUT", kOne, {"accessPolicyVersion", "updateMode"}, Update},
      {"datasets.delete", "DELETE", kOne, {"deleteContents"}, Delete},
  };
}

}  // namespace salvor::testing::bigquery
