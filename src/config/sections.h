// Parts of salvor.yaml that are read in files of their own.
#pragma once

#include <string>

#include "base/result.h"
#include "config/config.h"
#include "config/yaml_tree.h"

namespace salvor::config {

// A path as the file means it: from the folder that the file lies in. Empty stays empty.
std::string FromFolderOf(const std::string& file, std::string path);

Result<Tickets> ReadTickets(const YamlNode& node, const std::string& path);

}  // namespace salvor::config
