// Application Default Credentials: the credentials that a program finds by itself.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "bigquery/auth/credentials.h"
#include "bigquery/auth/outside.h"

namespace salvor::bigquery::auth {

// In Google's order (https://cloud.google.com/docs/authentication/application-default-credentials):
// 1. the file that GOOGLE_APPLICATION_CREDENTIALS names; if it is set and cannot be used, that is
// an
//    error and nothing else is tried;
// 2. application_default_credentials.json in CLOUDSDK_CONFIG, else in HOME/.config/gcloud;
// 3. the metadata server.
// Before all that, where BIGQUERY_EMULATOR_HOST is set there are none, and none are looked for:
// Authorize gives no headers. GOOGLE_CLOUD_QUOTA_PROJECT goes before a file's quota_project_id.
// kPermission where there are no credentials: the message lists what was looked at.
Result<std::unique_ptr<Credentials>> FindDefaultCredentials(const Outside& outside);

// Those of one file, of type service_account, authorized_user, external_account,
// external_account_authorized_user or impersonated_service_account. Nothing is asked for yet.
// kNotFound, kPermission: the file; kInvalidArgument: its content; kUnsupported: another type, or
// another universe_domain than googleapis.com; kRefused: an address or a program in it.
Result<std::unique_ptr<Credentials>> LoadCredentials(const Outside& outside,
                                                     const std::string& path);

}  // namespace salvor::bigquery::auth
