// Files and folders that PosixFs holds open.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "io/fs.h"
#include "io/posix_call.h"

namespace salvor::io {

class PosixRandomAccessFile final : public RandomAccessFile {
 public:
  PosixRandomAccessFile(OpenedFile file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  [[nodiscard]] FileInfo Info() const override { return InfoOf(file_.status); }
  Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) const override {
    return ReadFully(file_.descriptor, offset, buffer, size, path_);
  }

  [[nodiscard]] const OpenedFile& Opened() const { return file_; }
  [[nodiscard]] const std::string& Path() const { return path_; }

 private:
  OpenedFile file_;
  std::string path_;
};

// The file as PosixFs opened it; kInternal for one of another file system. `where` is for the
// message.
Result<const PosixRandomAccessFile*> OpenedHere(const RandomAccessFile& file,
                                                const std::string& where);

// As FsReader::OpenFolder. `by_kernel`: see PosixFs::Descent.
Result<std::unique_ptr<Folder>> OpenPosixFolder(const std::string& path, bool by_kernel);

}  // namespace salvor::io
