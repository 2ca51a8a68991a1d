//! Scratch.
fn main() {
    let config = vestnik_simulator::SimulatorConfig { listen: "127.0.0.1:8099".into(), ..Default::default() };
    vestnik_simulator::run_blocking(config, |_| {}).unwrap();
}
