#include "kist/mailbox/mail_files.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "mailbox/export_names.hpp"
#include "mailbox/mail_writer.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace kist::mailbox {
namespace {

using Kind = MailFilesTrouble::Kind;

constexpr std::uint32_t kPrivate = 0700;

std::string mbox_name(const MailFilesOptions& options) {
    return fmt::format("{}.mbox", part_file_name(options.account));
}

os::Directory open_target(const std::string& path) {
    if (mkdir(path.c_str(), kPrivate) != 0 && errno != EEXIST)
        throw Error::from_errno(errno, fmt::format("cannot make {}", os::printable(path)));
    auto target = os::Directory::open(path);
    if (flock(target.fd(), LOCK_EX | LOCK_NB) != 0)
        throw Error(ErrorCode::busy, fmt::format("another export or restore is at work in {}", os::printable(path)));
    return target;
}

std::unique_ptr<MailWriter> make_writer(const os::Directory& target, const MailFilesOptions& options) {
    switch (options.format) {
        case MailFormat::maildir:
            return make_maildir_writer(target, options.target);
        case MailFormat::mboxrd:
            return make_mbox_writer(target, options.target, mbox_name(options));
        case MailFormat::eml:
            return make_eml_writer(target);
        case MailFormat::mbox_folders:
            break;
    }
    return make_mbox_folders_writer(target, options.target);
}

bool is_in_the_way(const Error& error) {
    const int number = error.error_number();
    return number == EEXIST || number == ENOTDIR || number == ELOOP;
}

class MailFiles {
  public:
    MailFiles(const repository::Repository& repository, repository::Catalog& catalog, const Selection& selection,
              const MailFilesOptions& options)
        : selection_(selection),
          options_(options),
          reader_(repository, catalog),
          target_(open_target(options.target)),
          writer_(make_writer(target_, options)),
          progress_(options.progress != nullptr ? *options.progress : own_progress_) {
        progress_.messages_total = selection.messages();
        progress_.bytes_total = selection.bytes().value;
    }

    MailFilesSummary write() {
        for (const auto& folder : selection_.folders) {
            summary_.folders.push_back(
                {folder.folder.readable(), path_in_target(folder.folder, options_), folder.messages.size(), 0, 0, {}});
            write_folder(folder);
        }
        writer_->finish();
        os::sync_filesystem(target_.fd(), options_.target);
        const auto left_out = writer_->left_out_keywords();
        summary_.left_out_keywords.assign(left_out.begin(), left_out.end());
        return std::move(summary_);
    }

  private:
    void write_folder(const SelectedFolder& folder) {
        try {
            writer_->begin_folder(folder);
        } catch (const Error& error) {
            if (!is_in_the_way(error)) throw;
            note(Kind::in_the_way, 0, error.message());
            return;
        }
        for (const auto& message : folder.messages) {
            if (options_.interrupted != nullptr && *options_.interrupted)
                throw Error(ErrorCode::interrupted,
                            "interrupted: what was written stays, and the same command goes on from there");
            write_message(message);
            ++progress_.messages_done;
            progress_.bytes_done += message.size;
        }
        writer_->end_folder();
    }

    void write_message(const SnapshotMessage& message) {
        std::vector<std::byte> bytes;
        try {
            bytes = reader_.read(message);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::failed) throw;
            return note(error.code() == ErrorCode::damaged ? Kind::damaged : Kind::refused, message.uid,
                        error.message());
        }
        auto& folder = summary_.folders.back();
        switch (writer_->put(message, bytes)) {
            case Placed::made:
                ++folder.written;
                folder.written_bytes.value += bytes.size();
                break;
            case Placed::was_there:
                ++folder.unchanged;
                break;
            case Placed::in_the_way:
                note(Kind::in_the_way, message.uid, "something else of its name stands there");
        }
    }

    void note(Kind kind, std::uint32_t uid, const std::string& reason) {
        summary_.troubles.push_back({kind, summary_.folders.back().name, uid, reason});
    }

    const Selection& selection_;
    const MailFilesOptions& options_;
    MessageReader reader_;
    os::Directory target_;
    std::unique_ptr<MailWriter> writer_;
    MailFilesProgress own_progress_;
    MailFilesProgress& progress_;
    MailFilesSummary summary_;
};

}  // namespace

MailFilesSummary write_mail_files(const repository::Repository& repository, repository::Catalog& catalog,
                                  const Selection& selection, const MailFilesOptions& options) {
    return MailFiles(repository, catalog, selection, options).write();
}

std::string path_in_target(const SnapshotFolder& folder, const MailFilesOptions& options) {
    switch (options.format) {
        case MailFormat::maildir:
            return folder.directory;
        case MailFormat::mboxrd:
            return mbox_name(options);
        case MailFormat::eml:
            return eml_folder(folder.parts);
        case MailFormat::mbox_folders:
            break;
    }
    return mbox_path(folder.parts);
}

}  // namespace kist::mailbox
