//! The two served versions of the contract over the one kernel of [`State`]: every function here hands over what it was given.

use cordon_core::view::{Coding, Column, ColumnFault, ColumnProblem, Selection};
use wasmtime::component::Resource;

use crate::bindings::v0_3::cordon::clinical::records as typed;
use crate::bindings::{v0_2, v0_3};
use crate::host::{CallHandle, CellHandle, PackHandle, State, ViewHandle};

type Lent<T> = Resource<T>;

/// What both versions have alike; in the braces what `view` has beside it.
macro_rules! serve {
    ($version:ident, {$($more:item)*}) => {
        const _: () = {
            use $version::cordon::clinical::{advice, calls, kept, records};

            impl records::Host for State {}

            impl records::HostView for State {
                fn need(&mut self, view: Lent<ViewHandle>) -> wasmtime::Result<String> {
                    self.view_need(&view)
                }

                fn len(&mut self, view: Lent<ViewHandle>) -> wasmtime::Result<u32> {
                    self.view_len(&view)
                }

                fn read(&mut self, view: Lent<ViewHandle>, offset: u32, limit: u32) -> wasmtime::Result<Vec<String>> {
                    self.view_read(&view, offset, limit)
                }

                fn narrow(
                    &mut self,
                    view: Lent<ViewHandle>,
                    by: records::Selection,
                ) -> wasmtime::Result<Resource<ViewHandle>> {
                    let coding = |coding: records::Coding| Coding { system: coding.system, code: coding.code };
                    self.view_narrow(&view, Selection {
                        codes: by.codes.into_iter().map(coding).collect(),
                        category: by.category,
                        since: by.since,
                        until: by.until,
                        statuses: by.statuses,
                    })
                }

                $($more)*

                fn drop(&mut self, view: Resource<ViewHandle>) -> wasmtime::Result<()> {
                    self.release(view)
                }
            }

            impl calls::Host for State {}

            impl calls::HostCall for State {
                fn hook(&mut self, _: Lent<CallHandle>) -> wasmtime::Result<String> {
                    self.call_hook()
                }

                fn service(&mut self, _: Lent<CallHandle>) -> wasmtime::Result<String> {
                    self.call_service()
                }

                fn now(&mut self, _: Lent<CallHandle>) -> wasmtime::Result<String> {
                    self.call_now()
                }

                fn locale(&mut self, _: Lent<CallHandle>) -> wasmtime::Result<String> {
                    self.call_locale()
                }

                fn view(
                    &mut self,
                    _: Lent<CallHandle>,
                    need: String,
                ) -> wasmtime::Result<Option<Resource<ViewHandle>>> {
                    self.call_view(need)
                }

                fn cell(&mut self, _: Lent<CallHandle>, name: String) -> wasmtime::Result<Option<Resource<CellHandle>>> {
                    self.call_cell(name)
                }

                fn pack(&mut self, _: Lent<CallHandle>, name: String) -> wasmtime::Result<Option<Resource<PackHandle>>> {
                    self.call_pack(name)
                }

                fn note(&mut self, _: Lent<CallHandle>, event: u32, arguments: Vec<u32>) -> wasmtime::Result<()> {
                    self.call_note(event, arguments)
                }

                fn drop(&mut self, call: Resource<CallHandle>) -> wasmtime::Result<()> {
                    self.release(call)
                }
            }

            impl kept::Host for State {}

            impl kept::HostCell for State {
                fn size(&mut self, cell: Lent<CellHandle>) -> wasmtime::Result<u32> {
                    self.cell_size(&cell)
                }

                fn read(&mut self, cell: Lent<CellHandle>) -> wasmtime::Result<Option<Vec<u8>>> {
                    self.cell_read(&cell)
                }

                fn write(&mut self, cell: Lent<CellHandle>, bytes: Vec<u8>) -> wasmtime::Result<()> {
                    self.cell_write(&cell, bytes)
                }

                fn clear(&mut self, cell: Lent<CellHandle>) -> wasmtime::Result<()> {
                    self.cell_clear(&cell)
                }

                fn drop(&mut self, cell: Resource<CellHandle>) -> wasmtime::Result<()> {
                    self.release(cell)
                }
            }

            impl kept::HostPack for State {
                fn version(&mut self, pack: Lent<PackHandle>) -> wasmtime::Result<String> {
                    self.pack_version(&pack)
                }

                fn len(&mut self, pack: Lent<PackHandle>) -> wasmtime::Result<u32> {
                    self.pack_len(&pack)
                }

                fn read(&mut self, pack: Lent<PackHandle>, offset: u32, limit: u32) -> wasmtime::Result<Vec<u8>> {
                    self.pack_read(&pack, offset, limit)
                }

                fn drop(&mut self, pack: Resource<PackHandle>) -> wasmtime::Result<()> {
                    self.release(pack)
                }
            }

            impl advice::Host for State {}
        };
    };
}

serve!(v0_2, {});
serve!(v0_3, {
    fn table(
        &mut self,
        view: Lent<ViewHandle>,
        columns: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<typed::Column>, typed::ColumnProblem>> {
        let table = self.view_table(&view, &columns)?;
        Ok(table.map(|columns| columns.into_iter().map(column).collect()).map_err(problem))
    }
});

fn column(column: Column) -> typed::Column {
    match column {
        Column::Numbers(cells) => typed::Column::Numbers(cells),
        Column::Instants(cells) => typed::Column::Instants(cells),
        Column::Codes(codes) => {
            let coding = |coding: Coding| typed::Coding { system: coding.system, code: coding.code };
            let dictionary = codes.dictionary.into_iter().map(coding).collect();
            typed::Column::Codes(typed::CodeCells { dictionary, cells: codes.cells })
        }
        Column::Texts(cells) => typed::Column::Texts(cells),
    }
}

fn problem(problem: ColumnProblem) -> typed::ColumnProblem {
    let fault = match problem.fault {
        ColumnFault::Malformed => typed::ColumnFault::Malformed,
        ColumnFault::NotListed => typed::ColumnFault::NotListed,
        ColumnFault::Repeated => typed::ColumnFault::Repeated,
        ColumnFault::TooMany => typed::ColumnFault::TooMany,
    };
    typed::ColumnProblem { column: problem.column, fault }
}
