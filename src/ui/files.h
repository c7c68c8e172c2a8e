// The files attached to a record, in its drawer: what is here, what is on its way, and what is to be done with it.
#pragma once

#include <string>
#include <vector>

#include "ui/desk.h"
#include "ui/file_chooser.h"

namespace ct::ui {

class Files {
  public:
    void draw(Desk& desk, const crm::Record& record);
    void listed(client::AttachmentsChanged listed);
    void forget();  ///< another record
    /// Attaches a file of this laptop; the list tells how that goes.
    static void attach(Desk& desk, const crm::Record& record, const std::string& file);

  private:
    void draw_adding(Desk& desk, const crm::Record& record);
    void draw_file(Desk& desk, const store::Attachment& file);
    void draw_actions(Desk& desk, const store::Attachment& file, float right, float y);
    static void take_away(Desk& desk, const Uuid& id, const std::string& name);
    void draw_saving(Desk& desk, const store::Attachment& file);

    Uuid asked_;  // for whom the list was asked
    bool known_ = false;
    std::vector<store::Attachment> files_;  // newest first
    FileChooser adding_, saving_;
    std::string path_;     // being typed: what is to be attached
    std::string save_as_;  // being typed: where a copy is to go
};

}  // namespace ct::ui
