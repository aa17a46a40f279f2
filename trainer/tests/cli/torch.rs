//! Files as `torch.save(network.state_dict(), path)` writes them.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use safetensors::SafeTensors;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Writes the tensors of a safetensors file of `f32` as a checkpoint of PyTorch 1.6 and later: a
/// zip archive of a pickled dictionary and one file for the values of each tensor.
pub(crate) fn save(safetensors: &[u8], path: &Path) {
    let tensors = SafeTensors::deserialize(safetensors).unwrap();
    let mut archive = ZipWriter::new(File::create(path).unwrap());
    let mut add = |name: &str, bytes: &[u8]| {
        let name = format!("archive/{name}");
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, stored).unwrap();
        archive.write_all(bytes).unwrap();
    };

    // Protocol 2, an empty dictionary, and a mark before its items.
    let mut pickle = b"\x80\x02}(".to_vec();
    for (key, (name, view)) in tensors.iter().enumerate() {
        string(&mut pickle, name);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n(");
        pickle.extend(b"(");
        string(&mut pickle, "storage");
        pickle.extend(b"ctorch\nFloatStorage\n");
        string(&mut pickle, &key.to_string());
        string(&mut pickle, "cpu");
        let shape = view.shape();
        integer(&mut pickle, shape.iter().product());
        // Close the tuple; it says where the values are, which begin at offset 0.
        pickle.extend(b"tQ");
        integer(&mut pickle, 0);
        let strides = (1..=shape.len()).map(|from| shape[from..].iter().product());
        tuple(&mut pickle, shape.iter().copied());
        tuple(&mut pickle, strides);
        // No gradient, no hooks; call the function with the tuple of all this.
        pickle.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        add(&format!("data/{key}"), view.data());
    }
    pickle.extend(b"u.");
    add("data.pkl", &pickle);
    add("byteorder", b"little");
    add("version", b"3\n");
    archive.finish().unwrap();
}

fn string(pickle: &mut Vec<u8>, text: &str) {
    pickle.push(b'X');
    pickle.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    pickle.extend(text.as_bytes());
}

fn integer(pickle: &mut Vec<u8>, value: usize) {
    pickle.push(b'J');
    pickle.extend(i32::try_from(value).unwrap().to_le_bytes());
}

fn tuple(pickle: &mut Vec<u8>, values: impl Iterator<Item = usize>) {
    pickle.push(b'(');
    for value in values {
        integer(pickle, value);
    }
    pickle.push(b't');
}
