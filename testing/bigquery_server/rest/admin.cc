// What a test may do to the server beyond the API: time, faults, silences, people, figures. Below
// /salvor-test, never counted and never spoiled by faults.
#include <algorithm>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

namespace {

Json ClockOf(World& world) {
  return {{"now_ms", world.clock.NowMs()}, {"offset_ms", world.clock.OffsetMs()}};
}

Result<Answer> GetClock(World& world, const Call&) { return Answer{200, ClockOf(world)}; }

// Nothing was made yet that could end up in the future.
bool NothingHappened(World& world) {
  const auto& projects = world.store.catalogue().projects;
  return world.jobs.Empty() && std::all_of(projects.begin(), projects.end(), [](const auto& entry) {
           return entry.second.datasets.empty();
         });
}

// {"advance_ms": 86400000}; below 0 while the server is empty.
Result<Answer> MoveClock(World& world, const Call& call) {
  SALVOR_OK(RefuseUnknown(call.json, {"advance_ms"}, "clock"));
  const int64_t millis = NumberAt(call.json, "advance_ms").value_or(0);
  if (millis < 0 && !NothingHappened(world)) {
    return Refuse("invalid", "The clock goes back only while the server is empty");
  }
  world.clock.Advance(millis);
  SALVOR_OK(world.CatchUp());
  return Answer{200, ClockOf(world)};
}

Result<Answer> AddFault(World& world, const Call& call) {
  SALVOR_TRY(Fault fault, ParseFault(call.json));
  world.faults.Add(std::move(fault));
  return Answer{200, {{"pending", world.faults.Pending()}}};
}

Result<Answer> ClearFaults(World& world, const Call&) {
  world.faults.Clear();
  return Answer{200, {{"pending", 0}}};
}

Result<Answer> GetSilences(World& world, const Call&) {
  Json body = Json::object();
  for (const auto& [name, answer] : world.silences.All()) body[name] = answer;
  return Answer{200, body};
}

// {"clone-statement-bills": "minimum"}
Result<Answer> SetSilences(World& world, const Call& call) {
  for (const auto& [name, answer] : call.json.items()) {
    SALVOR_OK(world.silences.Set(name, answer.get<std::string>()));
  }
  return GetSilences(world, call);
}

// {"tokens": {"t": "a@x"}, "revoked": ["u"], "groups": {"g@x": ["a@x"]},
//  "roles": {"projects/p/roles/r": ["bigquery.jobs.get"]}, "projects": {"p": {"bindings": [...]}}}
Result<Answer> SetPeople(World& world, const Call& call) {
  SALVOR_OK(
      RefuseUnknown(call.json, {"tokens", "revoked", "groups", "roles", "projects"}, "people"));
  const Json tokens = call.json.value("tokens", Json::object());
  for (const auto& [token, principal] : tokens.items()) {
    world.authority.NameToken(token, principal.get<std::string>());
  }
  for (const Json& token : call.json.value("revoked", Json::array())) {
    world.authority.RevokeToken(token.get<std::string>());
  }
  const Json groups = call.json.value("groups", Json::object());
  for (const auto& [group, members] : groups.items()) {
    world.authority.SetGroup(group, members.get<std::set<std::string>>());
  }
  const Json roles = call.json.value("roles", Json::object());
  for (const auto& [role, permissions] : roles.items()) {
    world.authority.DefineRole(role, permissions.get<std::set<std::string>>());
  }
  const Json projects = call.json.value("projects", Json::object());
  for (const auto& [project, policy] : projects.items()) {
    SALVOR_OK(world.authority.CheckPolicy(policy));
    world.store.ProjectOf(project).iam = policy;
  }
  return Answer{200, Json::object()};
}

// {"copy_ms": 2000, "load_ms": 0, "query_ms": 0}, and quotas by name (0: none).
Result<Answer> SetPace(World& world, const Call& call) {
  Json rest = call.json;
  const auto take = [&](const char* name, int64_t& target) {
    target = NumberAt(rest, name).value_or(target);
    rest.erase(name);
  };
  take("copy_ms", world.durations.copy_ms);
  take("load_ms", world.durations.load_ms);
  take("query_ms", world.durations.query_ms);
  take("partition_updates_per_10s", world.quotas.partition_updates_per_10s);
  take("partition_updates_per_day", world.quotas.partition_updates_per_day);
  take("ingestion_partition_updates_per_day", world.quotas.ingestion_partition_updates_per_day);
  take("copy_jobs_per_day", world.quotas.copy_jobs_per_day);
  take("partitions_per_table", world.quotas.partitions_per_table);
  take("partitions_per_query", world.quotas.partitions_per_query);
  SALVOR_OK(RefuseUnknown(rest, {}, "pace"));
  return Answer{200, Json::object()};
}

Result<Answer> FlushBuffers(World& world, const Call&) {
  SALVOR_OK(world.store.FlushBuffers(0));
  return Answer{200, Json::object()};
}

Result<Answer> GetMeters(World& world, const Call&) {
  const Meters& meters = world.meters;
  int64_t requests = 0;
  for (const auto& [id, count] : meters.requests) {
    if (!id.starts_with("test.")) requests += count;
  }
  Json kinds = Json::object();
  for (const auto& [id, count] : meters.requests) {
    if (!id.starts_with("test.")) kinds[id] = count;
  }
  return Answer{200,
                {{"bytes_processed", meters.bytes_processed},
                 {"bytes_billed", meters.bytes_billed},
                 {"copy_jobs", meters.copy_jobs},
                 {"query_jobs", meters.query_jobs},
                 {"load_jobs", meters.load_jobs},
                 {"requests", requests},
                 {"requests_by_method", kinds},
                 {"answers_by_status", meters.statuses}}};
}

Result<Answer> ResetMeters(World& world, const Call&) {
  world.meters = {};
  return Answer{200, Json::object()};
}

}  // namespace

std::vector<Route> AdminRoutes() {
  return {
      {"test.clock", "GET", "/salvor-test/clock", {}, GetClock},
      {"test.moveClock", "POST", "/salvor-test/clock", {}, MoveClock},
      {"test.addFault", "POST", "/salvor-test/faults", {}, AddFault},
      {"test.clearFaults", "DELETE", "/salvor-test/faults", {}, ClearFaults},
      {"test.silences", "GET", "/salvor-test/silences", {}, GetSilences},
      {"test.setSilences", "POST", "/salvor-test/silences", {}, SetSilences},
      {"test.people", "POST", "/salvor-test/people", {}, SetPeople},
      {"test.pace", "POST", "/salvor-test/pace", {}, SetPace},
      {"test.flush", "POST", "/salvor-test/flush", {}, FlushBuffers},
      {"test.meters", "GET", "/salvor-test/meters", {}, GetMeters},
      {"test.resetMeters", "DELETE", "/salvor-test/meters", {}, ResetMeters},
  };
}

}  // namespace salvor::testing::bigquery
